// Gives a worker its own cluster: in each of its test files, before anything else.

import { inject } from 'vitest';

const worker = Number(process.env['VITEST_POOL_ID']);
Object.assign(process.env, inject('clusters')[worker - 1]);
