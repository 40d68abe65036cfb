import { buildImage, expectStatus, type RegistryApi, randomBlob } from '@slipway/testkit';
import type { CaseContext, ThroughputCase, TimedRun } from '../bench-case.ts';
import { benchError } from '../errors.ts';
import { runWrk } from '../load/run-wrk.ts';

const REPOSITORY = 'bench/tags';
const TAGS = Array.from({ length: 5000 }, (_, i) => `v${String(i).padStart(5, '0')}`);
const MIDDLE = 2449;
const WRITERS = 8;

export const tagsPage: ThroughputCase = {
  kind: 'throughput',
  name: 'tags',
  title: '100 of 5,000 tags, 16 connections',
  unit: 'req/s',
  target: 10,
  rounds: 5,
  note: 'unequal work: distribution 2.8 ignores n and last and sends all 5,000, a client that wants 100 waits for them all; see tags-all',
  prepare: (context) => prepareTags(context, `?n=100&last=${TAGS[MIDDLE]}`, TAGS.slice(MIDDLE + 1, MIDDLE + 101)),
};

export const tagsAll: ThroughputCase = {
  kind: 'throughput',
  name: 'tags-all',
  title: 'all 5,000 tags, 16 connections',
  unit: 'req/s',
  target: undefined,
  rounds: 5,
  prepare: (context) => prepareTags(context, '', TAGS),
};

async function prepareTags({ server, folder, signal }: CaseContext, query: string, wanted: readonly string[]): Promise<TimedRun> {
  const api = server.openApi();
  await pushTags(api, signal);
  const path = `/v2/${REPOSITORY}/tags/list${query}`;
  const response = expectStatus(await api.send({ method: 'GET', path }), 200, 'list tags');
  api.close();
  const { tags } = JSON.parse(response.body.toString()) as { tags: string[] };
  // distribution lists all of them, in the order of its folder.
  const [got, expected] = server.name === 'slipway' ? [tags, wanted] : [tags.toSorted(), TAGS];
  if (got.join() !== expected.join())
    throw benchError('CONTENT_WRONG', `"${path}" lists ${got.length} tags, other than the ${expected.length} it should`);
  const authorization = await server.authorize([REPOSITORY]);
  const load = { port: server.port, paths: [path], authorization, connections: 16, bodyBytes: response.body.length, folder, signal };
  await runWrk({ ...load, seconds: 2 });
  return () => runWrk({ ...load, seconds: 3 });
}

async function pushTags(api: RegistryApi, signal: AbortSignal): Promise<void> {
  const image = buildImage({ layers: [[{ path: 'file', content: randomBlob(1024) }]] });
  const [first = '', ...rest] = TAGS;
  await api.pushImage(REPOSITORY, first, image);
  const waiting = rest.values();
  const write = async () => {
    for (const tag of waiting) {
      signal.throwIfAborted();
      await api.pushManifest(REPOSITORY, tag, image.manifest);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
}
