// What metadata may hold. The CRD cannot say it; the API server knows it by itself.
// Source: k8s.io/apimachinery/pkg/apis/meta/v1 ObjectMeta.

import type { SchemaNode } from './crd.ts';

const text: SchemaNode = { type: 'string' };
const flag: SchemaNode = { type: 'boolean' };
const textMap: SchemaNode = { type: 'object', additionalProperties: text };

/** The pattern of a point in time, RFC 3339. */
export const TIME =
  '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.,][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$';
const time: SchemaNode = { type: 'string', pattern: TIME };

/** The schema of metadata, as far as types and field names go. */
export const objectMeta: SchemaNode = {
  type: 'object',
  required: ['name'],
  properties: {
    name: text,
    generateName: text,
    namespace: { type: 'string', pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$', maxLength: 63 },
    labels: textMap,
    annotations: textMap,
    finalizers: { type: 'array', items: text },
    ownerReferences: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          apiVersion: text,
          kind: text,
          name: text,
          uid: text,
          controller: flag,
          blockOwnerDeletion: flag,
        },
      },
    },
    uid: text,
    resourceVersion: text,
    generation: { type: 'integer' },
    creationTimestamp: time,
    deletionTimestamp: time,
    deletionGracePeriodSeconds: { type: 'integer' },
    selfLink: text,
    managedFields: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          manager: text,
          operation: text,
          apiVersion: text,
          time,
          fieldsType: text,
          fieldsV1: {},
          subresource: text,
        },
      },
    },
  },
};
