// Objects of any kind at the API server: read live, listed in pages, written under one name, deleted under conditions.

import { GROUP } from '../api/names.ts';
import type { Connection } from './connect.ts';
import { ClusterError, isClusterError, orAbsent } from './errors.ts';
import type { ApiRequest } from './exchange.ts';
import { collectionPath, objectPath, type Kind, type ObjectKey } from './kinds.ts';
import type { StoredObject } from './types.ts';

/** Who wrote a field. Flux takes over fields whose manager's name begins with kubectl; ours must not. */
export const FIELD_MANAGER = `mysql.${GROUP}`;

/** Which objects of a kind. */
export interface Selection {
  /** All namespaces without it. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** The objects come without anything but their metadata: less to send, and no value of a Secret. */
  readonly metadataOnly?: boolean | undefined;
  /** A list comes without anything but names: a hundredth of what metadata takes. */
  readonly namesOnly?: boolean | undefined;
}

/** Objects, and the moment at which they were all there. */
export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface WriteOptions extends ReadOptions {
  readonly dryRun?: boolean;
}

/** The object must still be this one, and in this state; else the call fails with Conflict. */
export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export interface PatchOptions extends WriteOptions, Preconditions {
  readonly subresource?: 'status' | 'scale';
}

export interface ApplyOptions extends WriteOptions {
  /** Takes fields over from other managers; the default. */
  readonly force?: boolean;
  /** In whose name; FIELD_MANAGER without it. */
  readonly fieldManager?: string;
}

export interface DeleteOptions extends WriteOptions, Preconditions {
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
}

export interface LogOptions extends ReadOptions {
  readonly container?: string;
  readonly previous?: boolean;
  readonly tailLines?: number;
}

/** An operation of RFC 6902. */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly path: string; readonly from: string };

/** A JSON patch, which fails with Conflict where a test fails or a path is not there; or a merge patch. */
export type Patch =
  | { readonly kind: 'json'; readonly operations: readonly JsonPatchOperation[] }
  | { readonly kind: 'merge'; readonly body: Readonly<Record<string, unknown>> };

/** A manifest to be written. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** How a list is read. */
export interface ListOptions<T> extends ReadOptions {
  readonly pageSize?: number;
  /** What of an object is kept, asked page by page: the rest of a big list never is in memory at once. */
  readonly keep?: (object: T) => T;
}

/** Reading and writing. Every failure is a ClusterError. */
export interface Objects {
  /** A live read. Fails with NotFound. */
  readonly get: <T extends StoredObject>(kind: Kind<T>, key: ObjectKey, options?: ReadOptions) => Promise<T>;
  /** A live read; undefined when it is not there. */
  readonly find: <T extends StoredObject>(
    kind: Kind<T>,
    key: ObjectKey,
    options?: ReadOptions,
  ) => Promise<T | undefined>;
  /** A live list, read in pages of `pageSize` (250), of one moment. */
  readonly list: <T extends StoredObject>(
    kind: Kind<T>,
    selection?: Selection,
    options?: ListOptions<T>,
  ) => Promise<ObjectList<T>>;
  readonly create: <T extends StoredObject>(kind: Kind<T>, manifest: Manifest, options?: WriteOptions) => Promise<T>;
  /** Server-side apply. With a uid in its metadata it never creates, and fails with Conflict for another object. */
  readonly apply: <T extends StoredObject>(kind: Kind<T>, manifest: Manifest, options?: ApplyOptions) => Promise<T>;
  readonly patch: <T extends StoredObject>(
    kind: Kind<T>,
    key: ObjectKey,
    patch: Patch,
    options?: PatchOptions,
  ) => Promise<T>;
  /** `gone`: there is none, any more or at all; `terminating`: it waits for finalizers or its grace period. */
  readonly delete: (kind: Kind, key: ObjectKey, options?: DeleteOptions) => Promise<'gone' | 'terminating'>;
  readonly readLog: (pod: ObjectKey, options?: LogOptions) => Promise<string>;
}

/** How the API server is asked for the metadata of objects alone. */
export function acceptMetadata(as: 'PartialObjectMetadata' | 'PartialObjectMetadataList'): string {
  return `application/json;as=${as};g=meta.k8s.io;v=v1`;
}

/** As for people: a row with a name for each object, and no object in it. */
const ACCEPT_TABLE = 'application/json;as=Table;g=meta.k8s.io;v=v1';

/** What a page is made of is in memory at once: its bytes, its text and its objects. */
const PAGE_SIZE = 250;
/** Of names. */
const NAMES_PAGE_SIZE = 5000;
const APPLY_TYPE = 'application/apply-patch+yaml';

export function createObjects(connection: Connection): Objects {
  const send = async <T>(request: ApiRequest): Promise<T> => (await connection.send(request)) as T;
  const get: Objects['get'] = (kind, key, options = {}) =>
    send({
      method: 'GET',
      path: objectPath(kind, key),
      accept: kind.metadataOnly ? acceptMetadata('PartialObjectMetadata') : undefined,
      ...timing(options),
    });

  return {
    get,
    find: (kind, key, options) => orAbsent(get(kind, key, options)),
    list: (kind, selection = {}, options = {}) => listAll(connection, kind, selection, options),
    create: (kind, manifest, options = {}) =>
      send({
        method: 'POST',
        path: collectionPath(kind, needNamespace(kind, manifest)),
        query: { ...writing(options), fieldValidation: 'Strict' },
        body: manifest,
        ...timing(options),
        ...secrecy(kind),
      }),
    apply: (kind, manifest, options = {}) =>
      send({
        method: 'PATCH',
        path: objectPath(kind, { ...manifest.metadata, name: manifest.metadata.name ?? '' }),
        query: {
          ...writing(options),
          fieldValidation: 'Strict',
          force: String(options.force ?? true),
          ...(options.fieldManager === undefined ? {} : { fieldManager: options.fieldManager }),
        },
        body: manifest,
        contentType: APPLY_TYPE,
        ...timing(options),
        ...secrecy(kind),
      }),
    patch: (kind, key, patch, options = {}) => send(patchRequest(kind, key, patch, options)).catch(explainPatch(patch)),
    delete: (kind, key, options) => deleteObject(connection, kind, key, options ?? {}),
    readLog: (pod, { container, previous, tailLines, ...options } = {}) =>
      connection.readText({
        method: 'GET',
        path: `${objectPath({ apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }, pod)}/log`,
        query: { container, previous: previous ? 'true' : undefined, tailLines: tailLines?.toString() },
        ...timing(options),
      }),
  } as Objects;
}

function timing({ signal, timeoutMs }: ReadOptions): Pick<ApiRequest, 'signal' | 'timeoutMs'> {
  return { signal, timeoutMs };
}

function writing({ dryRun }: WriteOptions): Record<string, string | undefined> {
  return { fieldManager: FIELD_MANAGER, dryRun: dryRun ? 'All' : undefined };
}

function secrecy({ plural }: Kind): Pick<ApiRequest, 'secret'> {
  return { secret: plural === 'secrets' };
}

function needNamespace({ kind, namespaced }: Kind, { metadata }: Manifest): string | undefined {
  if (namespaced && metadata.namespace === undefined) throw new TypeError(`${kind}: a namespace is needed`);
  return metadata.namespace;
}

async function listAll<T extends StoredObject>(
  connection: Connection,
  kind: Kind<T>,
  selection: Selection,
  options: ListOptions<T>,
): Promise<ObjectList<T>> {
  try {
    return await listPages(connection, kind, selection, { pageSize: PAGE_SIZE, ...options });
  } catch (error) {
    if (!isClusterError(error, 'Gone')) throw error;
    // Reading all pages took longer than the server remembers: all at once, then.
    return listPages(connection, kind, selection, { ...options, pageSize: undefined });
  }
}

type Undefined<T> = { readonly [K in keyof T]: T[K] | undefined };

interface Page<T> {
  readonly items: readonly T[] | null;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

/** A list as kubectl prints it, https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables */
interface Table extends Pick<Page<unknown>, 'metadata'> {
  readonly columnDefinitions: readonly { readonly format: string }[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[] | null;
}

async function listPages<T extends StoredObject>(
  connection: Connection,
  kind: Kind<T>,
  { namespace, labelSelector, fieldSelector, ...form }: Selection,
  { pageSize, keep = (object) => object, ...options }: Undefined<ListOptions<T>>,
): Promise<ObjectList<T>> {
  const items: T[] = [];
  const { apiVersion, kind: name } = kind;
  const path = collectionPath(kind, namespace);
  const limit = pageSize === undefined ? undefined : String(form.namesOnly ? NAMES_PAGE_SIZE : pageSize);
  for (let next: string | undefined; ;) {
    const query = { labelSelector, fieldSelector, ...formQuery(form), limit, continue: next };
    const answer = await connection.send({ method: 'GET', path, query, accept: acceptList(form), ...timing(options) });
    const page = form.namesOnly ? readTable<T>(answer as Table) : (answer as Page<T>);
    // The items of a list of a built-in kind do not say what they are.
    for (const item of page.items ?? []) items.push(keep({ ...item, apiVersion, kind: name }));
    next = page.metadata.continue;
    if (!next) return { items, resourceVersion: page.metadata.resourceVersion };
  }
}

type ListForm = Pick<Selection, 'metadataOnly' | 'namesOnly'>;

function acceptList({ metadataOnly, namesOnly }: ListForm): string | undefined {
  if (namesOnly) return ACCEPT_TABLE;
  return metadataOnly ? acceptMetadata('PartialObjectMetadataList') : undefined;
}

function formQuery({ namesOnly }: ListForm): Readonly<Record<string, string>> {
  return namesOnly ? { includeObject: 'None' } : {};
}

function readTable<T extends StoredObject>({ columnDefinitions, rows, metadata }: Table): Page<T> {
  const column = columnDefinitions.findIndex(({ format }) => format === 'name');
  return { items: (rows ?? []).map(({ cells }) => ({ metadata: { name: cells[column] } }) as T), metadata };
}

function patchRequest(kind: Kind, key: ObjectKey, patch: Patch, options: PatchOptions): ApiRequest {
  const { uid, resourceVersion, subresource } = options;
  const conditions = Object.entries({ uid, resourceVersion }).filter(([, value]) => value !== undefined);
  return {
    method: 'PATCH',
    path: `${objectPath(kind, key)}${subresource ? `/${subresource}` : ''}`,
    query: writing(options),
    contentType: patch.kind === 'json' ? 'application/json-patch+json' : 'application/merge-patch+json',
    body: patch.kind === 'json' ? withTests(patch.operations, conditions) : withMetadata(patch.body, conditions),
    ...timing(options),
    ...secrecy(kind),
  };
}

type Conditions = readonly (readonly [string, unknown])[];

function withTests(operations: readonly JsonPatchOperation[], conditions: Conditions): readonly JsonPatchOperation[] {
  const tests = conditions.map(([field, value]) => ({ op: 'test', path: `/metadata/${field}`, value }) as const);
  return [...tests, ...operations];
}

function withMetadata(body: Readonly<Record<string, unknown>>, conditions: Conditions): unknown {
  if (conditions.length === 0) return body;
  return { ...body, metadata: { ...(body['metadata'] as object | undefined), ...Object.fromEntries(conditions) } };
}

/** The API server says of a failed test only that there is an error in the request, without any detail. */
function explainPatch({ kind }: Patch): (error: unknown) => never {
  return (error) => {
    const refused = isClusterError(error, 'Invalid') && error.code === 422 && error.causes.length === 0;
    if (kind !== 'json' || !refused || error.message.includes('is invalid')) throw error;
    const message = 'the object has changed: the patch does not apply (a test failed, or a path is not there)';
    throw new ClusterError({ code: 409, reason: 'PatchDoesNotApply', message, cause: error });
  };
}

async function deleteObject(
  connection: Connection,
  kind: Kind,
  key: ObjectKey,
  { uid, resourceVersion, propagation, gracePeriodSeconds, dryRun, ...options }: DeleteOptions,
): Promise<'gone' | 'terminating'> {
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: propagation ?? 'Background',
    preconditions: { uid, resourceVersion },
    gracePeriodSeconds,
    ...(dryRun ? { dryRun: ['All'] } : {}),
  };
  const call = connection.send({ method: 'DELETE', path: objectPath(kind, key), body, ...timing(options) });
  const answer = (await orAbsent(call)) as Partial<StoredObject> | undefined;
  // Some kinds answer with the object that is no more; one that waits bears the time of its deletion.
  return answer?.metadata?.deletionTimestamp === undefined ? 'gone' : 'terminating';
}
