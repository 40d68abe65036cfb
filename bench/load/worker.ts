// The load process: takes one job by message, runs it, reports, ends.

import { messageOf } from '@slipway/base';
import type { Job, JobReport, JobResult } from './job.ts';
import { pull } from './pull.ts';
import { push } from './push.ts';
import { pushImages } from './push-images.ts';

process.once('message', (job: Job) => {
  run(job).then(
    (result) => report({ kind: 'done', result }),
    (error: unknown) => report({ kind: 'failed', message: messageOf(error) }),
  );
});

async function run(job: Job): Promise<JobResult> {
  switch (job.kind) {
    case 'pull':
      return await pull(job);
    case 'push':
      return await push(job);
    case 'images':
      return await pushImages(job);
  }
}

function report(outcome: JobReport): void {
  process.send?.(outcome, () => process.exit());
}
