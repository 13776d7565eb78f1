// The rows of the annotations that ask for something.

import { RESET_PASSWORD_ANNOTATION, ROTATE_NOW_ANNOTATION, SKIP_BACKUP_ANNOTATION } from '../api/names.ts';
import type { Consequence, Form } from './consequence.ts';
import { isOn, type FieldRow } from './consequence-rows.ts';
import { RESET_TEXT } from './life.ts';

/** What an annotation asks for, when it comes; that it goes changes nothing. */
function asks(
  annotation: string,
  kind: Consequence['kind'],
  { effect, message }: { effect: string; message: string | ((after: Form) => string) },
): FieldRow {
  return {
    effect,
    read: (form) => isOn(form, annotation),
    judge: ({ after }, field) => {
      if (isOn(after, annotation))
        return [{ kind, field, message: typeof message === 'string' ? message : message(after) }];
      return [{ kind: 'config', field, message: 'the request is taken back, unless it was recorded already' }];
    },
  };
}

/** Every annotation that asks for something, by its path. */
export const REQUEST_ROWS: Readonly<Record<string, FieldRow>> = {
  [`metadata.annotations.${SKIP_BACKUP_ANNOTATION}`]: asks(SKIP_BACKUP_ANNOTATION, 'policy', {
    effect: 'counts while the resource is being deleted: no final backup is made',
    message: 'a deletion gives the data up without a final backup: ALL DATA SINCE THE LAST BACKUP IS LOST then',
  }),
  [`metadata.annotations.${ROTATE_NOW_ANNOTATION}`]: asks(ROTATE_NOW_ANNOTATION, 'password', {
    effect: 'discards the previous password at once',
    message: ({ model }) =>
      `if a previous password still works, the Job change-pass-${model.name}-job discards it: it stops working at once`,
  }),
  [`metadata.annotations.${RESET_PASSWORD_ANNOTATION}`]: asks(RESET_PASSWORD_ANNOTATION, 'password', {
    effect: 'counts where a password change failed: it stops the server',
    message: `if a password change has failed, the watcher ${RESET_TEXT}`,
  }),
};

/** The annotations that ask for nothing. */
export function otherAnnotations({ model }: Form): unknown {
  const { metadata } = model.resource as { metadata: { annotations?: Readonly<Record<string, string>> } };
  return Object.entries(metadata.annotations ?? {})
    .filter(([key]) => !Object.hasOwn(REQUEST_ROWS, `metadata.annotations.${key}`))
    .sort();
}
