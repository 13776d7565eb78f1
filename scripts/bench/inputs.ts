// What the tools are given: resources for ours, and the objects that we render from them for the others.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from './measure.ts';

/** Our own program as it ships. */
export const PROGRAM: Command = [process.execPath, 'dist/kubectl-mysql.js'];

/** What differs from resource to resource, and is a value of the chart. */
export interface Values {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  readonly size: string;
  readonly memory: string;
}

function valuesOf(index: number): Values {
  const name = `shop-${String(index).padStart(5, '0')}`;
  return { name, namespace: 'bench', image: 'mysql:8.4.6', size: '20Gi', memory: '2Gi' };
}

/** The values of so many resources. */
export const listValues = (count: number): Values[] => Array.from({ length: count }, (_, index) => valuesOf(index));

/** A resource as somebody would write it. */
export function formatResource({ name, namespace, image, size, memory }: Values): string {
  return `apiVersion: otus.homework/v1
kind: MySQL
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  image: ${image}
  database: shop
  passwordSecretRef:
    name: ${name}-password
    key: password
  storage:
    size: ${size}
  resources:
    requests:
      cpu: 500m
      memory: ${memory}
    limits:
      memory: ${memory}
  config:
    max_connections: 300
`;
}

/** Writes a file of resources and gives the command that renders it. */
export function makeRender(folder: string, count: number): Command {
  const file = join(folder, `${String(count)}.yaml`);
  writeFileSync(file, listValues(count).map(formatResource).join('---\n'));
  return [...PROGRAM, 'render', '-f', file];
}

/** Writes a chart whose template is our own output, and gives the command that renders it for as many resources. */
export function makeHelm(folder: string, count: number, helm: string): Command {
  const chart = join(folder, `chart-${String(count)}`);
  mkdirSync(join(chart, 'templates'), { recursive: true });
  writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: bench\nversion: 0.1.0\n');
  writeFileSync(join(chart, 'values.yaml'), JSON.stringify({ resources: listValues(count) }));
  writeFileSync(join(chart, 'templates', 'all.yaml'), formatTemplate(renderOne(folder)));
  const command: Command = [helm, 'template', 'bench', chart];
  if (count === 1) expectSameObjects(renderOne(folder), execute(command));
  return command;
}

function renderOne(folder: string): string {
  return execute(makeRender(folder, 1));
}

/** Puts values where they stand in the objects of one resource. */
function formatTemplate(manifests: string): string {
  const { name, namespace, image, size, memory } = valuesOf(0);
  const body = manifests
    .replaceAll('{{', '{{ "{{" }}')
    .replaceAll(name, '{{ .name }}')
    .replaceAll(`"${namespace}"`, '{{ .namespace | quote }}')
    .replaceAll(`"${image}"`, '{{ .image | quote }}')
    .replaceAll(`"${size}"`, '{{ .size | quote }}')
    .replaceAll(`"${memory}"`, '{{ .memory | quote }}');
  return `{{- range .Values.resources }}\n---\n${body}{{- end }}\n`;
}

/** Writes a folder of our output and gives the command that builds it. */
export function makeKustomize(folder: string, count: number, kustomize: string): Command {
  const output = join(folder, `kustomize-${String(count)}`);
  execute([...makeRender(folder, count), '--output-dir', output, '--kustomization']);
  const command: Command = [kustomize, 'build', output];
  if (count === 1) expectSameObjects(renderOne(folder), execute(command));
  return command;
}

function expectSameObjects(ours: string, theirs: string): void {
  const kinds = (text: string): string =>
    (text.match(/^kind: .*$/gm) ?? [])
      .map((line) => line.replaceAll('"', ''))
      .sort()
      .join();
  if (kinds(ours) !== kinds(theirs)) throw new Error(`not the same objects: ${kinds(ours)} and ${kinds(theirs)}`);
}

function execute([program, ...words]: Command): string {
  return execFileSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 30 });
}
