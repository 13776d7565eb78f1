// Who wrote which fields of an object, as the API server keeps it.

/** The fields that one manager wrote in one way. */
interface ManagedFields {
  readonly manager: string;
  readonly subresource?: string;
  readonly fieldsV1: object;
}

/** An object that was read with `--show-managed-fields`. */
export interface ManagedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly managedFields?: readonly ManagedFields[] };
}

/** What a manager wrote; empty for one that wrote nothing. */
export function writtenBy(manager: string, { metadata: { managedFields = [] } }: ManagedObject): ManagedFields[] {
  return managedFields.filter((fields) => fields.manager === manager);
}
