// Questions to Argo CD's repo-server, as its application controller asks them. The numbers are those of
// reposerver/repository/repository.proto and pkg/apis/application/v1alpha1/generated.proto.

import { call, decode, type Message } from './protobuf.ts';

/** A parameter of spec.source.plugin.parameters. */
export interface Parameter {
  readonly name: string;
  readonly string?: string;
  readonly array?: readonly string[];
  readonly map?: Readonly<Record<string, string>>;
}

/** An application as far as the repo-server is told of it. */
export interface Question {
  /** A folder with a git repository. */
  readonly repository: string;
  readonly path: string;
  readonly namespace?: string;
  readonly parameters?: readonly Parameter[];
}

/** Asks for the manifests. An error's message is what stands in the Application's condition. */
export async function askManifests(port: number, question: Question): Promise<Record<string, unknown>[]> {
  const answer = await call(port, '/repository.RepoServerService/GenerateManifest', [
    [1, repositoryOf(question)],
    [2, 'HEAD'],
    [3, true],
    [5, 'databases'],
    [8, question.namespace ?? 'databases'],
    [10, sourceOf(question)],
    [14, '1.35.4'],
    [18, true],
    [19, 'annotation'],
    [24, ['*']],
    [25, 'default'],
  ]);
  const manifests = decode(answer).filter(([number]) => number === 1);
  return manifests.map(([, bytes]) => JSON.parse(bytes.toString()) as Record<string, unknown>);
}

/** Asks for the parameters that the user interface shows: their names, and the texts that are their values. */
export async function askParameters(port: number, question: Question): Promise<Record<string, string>> {
  const answer = await call(port, '/repository.RepoServerService/GetAppDetails', [
    [1, repositoryOf(question)],
    [2, sourceOf(question)],
    [5, 'databases'],
    [6, true],
    [7, true],
    [8, 'annotation'],
  ]);
  const plugin = decode(answer).find(([number]) => number === 6)?.[1] ?? Buffer.alloc(0);
  const announcements = decode(plugin).map(([, bytes]) => new Map(decode(bytes)));
  return Object.fromEntries(announcements.map((one) => [String(one.get(1)), one.get(7)?.toString() ?? '']));
}

function repositoryOf({ repository }: Question): Message {
  return [
    [1, `file://${repository}`],
    [11, 'git'],
  ];
}

function sourceOf({ repository, path, parameters = [] }: Question): Message {
  const plugin: Message = [[1, 'kubectl-mysql'], ...parameters.map((one) => [3, parameterOf(one)] as const)];
  return [
    [1, `file://${repository}`],
    [2, path],
    [4, 'HEAD'],
    [11, plugin],
  ];
}

function parameterOf({ name, string, array, map }: Parameter): Message {
  const entries = Object.entries(map ?? {}).map(([key, value]): readonly [number, Message] => [
    1,
    [
      [1, key],
      [2, value],
    ],
  ]);
  return [
    [1, name],
    [5, string],
    [3, map && entries],
    [4, array && [[1, array]]],
  ];
}
