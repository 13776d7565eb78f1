// The ResourceList that functions of Kustomize and kpt are given. Source: the KRM functions specification
// (config.kubernetes.io/v1, and v1beta1, which has the same form).

import type { Problem } from '../errors.ts';
import {
  collectObjects,
  createReport,
  isObject,
  readDocuments,
  type Document,
  type JsonObject,
  type Report,
  type SourceObject,
} from './source.ts';

/** The largest ResourceList that is read, in bytes. */
export const MAX_LIST_BYTES = 64 * 1024 * 1024;
export const LIST_VERSIONS = ['config.kubernetes.io/v1', 'config.kubernetes.io/v1beta1'] as const;
export const LIST_KIND = 'ResourceList';

/** What a function is given. */
export interface ResourceList {
  readonly apiVersion: string;
  /** The items as they came. */
  readonly given: readonly unknown[];
  readonly items: readonly SourceObject[];
  readonly functionConfig: SourceObject | undefined;
}

/** A ResourceList, or why there is none. */
export interface ParsedResourceList {
  readonly list: ResourceList | undefined;
  /** Without a list exactly one; beside one, what is wrong with its items. */
  readonly problems: readonly Problem[];
}

/** Reads a ResourceList; it never throws. */
export function parseResourceList(file: string, bytes: Uint8Array): ParsedResourceList {
  const problems: Problem[] = [];
  const report = createReport(file, problems);
  const documents = [...readDocuments({ file, bytes, limit: MAX_LIST_BYTES }, report)];
  const [document, second] = documents;
  if (problems[0]) return { list: undefined, problems: problems.slice(0, 1) };
  if (!document) {
    report('there is no ResourceList', { line: 1, column: 1 }, 'resource-list');
    return { list: undefined, problems };
  }
  if (second) {
    report('one ResourceList is wanted, and this is another document', second.positionOf([]), 'resource-list');
    return { list: undefined, problems };
  }
  const fault = findFault(document.value);
  if (fault) {
    const [field, message] = fault;
    report(message, document.positionOf(field === '' ? [] : [field]), 'resource-list');
    return { list: undefined, problems };
  }
  return { list: readParts(document, document.value as ListValue, report), problems };
}

interface ListValue {
  readonly apiVersion: string;
  readonly items: readonly unknown[];
  readonly functionConfig?: JsonObject | null;
}

/** The first thing that is wrong with a document that should be a ResourceList: the field, and what to say. */
function findFault(value: unknown): readonly [field: string, message: string] | undefined {
  if (!isObject(value)) return ['', 'this is no ResourceList'];
  const { apiVersion, kind, items, functionConfig } = value;
  if (kind !== LIST_KIND) return ['kind', `this is no ResourceList: kind must be ${LIST_KIND}`];
  if (!LIST_VERSIONS.some((version) => version === apiVersion)) {
    return ['apiVersion', `apiVersion of the ResourceList must be ${LIST_VERSIONS.join(' or ')}`];
  }
  if (items === undefined) return ['items', 'the ResourceList has no items'];
  if (!Array.isArray(items)) return ['items', 'items must be a list'];
  const isConfig = functionConfig === undefined || functionConfig === null || isObject(functionConfig);
  return isConfig ? undefined : ['functionConfig', 'functionConfig must be an object'];
}

function readParts(document: Document, value: ListValue, report: Report): ResourceList {
  const within = (...path: (string | number)[]): Document['positionOf'] => {
    return (rest) => document.positionOf([...path, ...rest]);
  };
  const items: SourceObject[] = [];
  value.items.forEach((item, index) => {
    const part = { ...document, value: item, text: undefined, positionOf: within('items', index) };
    if (item === null) report('this item is empty', part.positionOf([]), 'not-an-object');
    else collectObjects(part, items, report);
  });
  const config: SourceObject[] = [];
  const configPart = { ...document, value: value.functionConfig, text: undefined };
  collectObjects({ ...configPart, positionOf: within('functionConfig') }, config, report);
  return { apiVersion: value.apiVersion, given: value.items, items, functionConfig: config[0] };
}
