// Which part of the benchmark: `watcher` and `jobs` by name, else the renderer and the Argo CD plugin.

const [part = ''] = process.argv.slice(2);
if (part === 'watcher') await import('./watcher.ts');
else if (part === 'jobs') await import('./jobs.ts');
else await import('../bench.ts');
