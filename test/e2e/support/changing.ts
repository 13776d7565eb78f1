// A database whose git changes again and again, and what it has to be like after each change.

import { expect } from 'vitest';
import { NAME, type ManagedDatabase } from './database.ts';
import { streamOf } from './foretold.ts';
import { growVolumes, tryPassword, untilAtRest } from './happening.ts';
import type { Change } from './plan-changes.ts';
import { PASSWORD, mysql } from './resource.ts';

/** A database whose git changes again and again. */
export class Changing {
  readonly database: ManagedDatabase;
  #spec: { readonly lifecycle?: string } = {};
  #metadata: object = {};
  #secrets: readonly object[] = [];
  #passwords: readonly string[] = [PASSWORD];

  constructor(database: ManagedDatabase) {
    this.database = database;
  }

  /** The resource and the Secrets beside it. */
  get objects(): readonly object[] {
    return [{ ...mysql(NAME, this.#spec), metadata: { name: NAME, ...this.#metadata } }, ...this.#secrets];
  }

  /** Changes git. */
  change({ spec, metadata, secrets, password }: Change): void {
    this.#spec = { ...this.#spec, ...spec };
    this.#metadata = { ...this.#metadata, ...metadata };
    this.#secrets = secrets ?? this.#secrets;
    if (password !== undefined) this.#passwords = [...this.#passwords, password];
  }

  /** Delivers what git says, and waits until all is done. */
  async deliver(): Promise<void> {
    const { namespace } = this.database;
    const [resource = {}, ...secrets] = this.objects;
    if (secrets.length > 0) await namespace.kubectl(['apply', '-f', '-'], streamOf(secrets));
    await namespace.deliver(resource);
    const isManaged = this.#spec.lifecycle !== 'None';
    await untilAtRest(this.database, isManaged);
    await growVolumes(this.database);
  }

  /** Root gets in, and the rows are there. */
  async untilServing(): Promise<void> {
    const password = this.#passwords.at(-1) ?? '';
    if (!(await this.database.namespace.pod(NAME))) return;
    expect(await tryPassword(this.database, password, 'works')).toBe('works');
    await this.database.hasRows([], password);
    await untilAtRest(this.database, this.#spec.lifecycle !== 'None');
  }

  get previous(): string {
    return this.#passwords.at(-2) ?? '';
  }
}
