import { buildImage, expectStatus, randomBlob, sha256Of } from '@slipway/testkit';
import type { ThroughputCase } from '../bench-case.ts';
import { benchError } from '../errors.ts';
import { runWrk } from '../load/run-wrk.ts';

const REPOSITORY = 'bench/manifest';

export const manifest: ThroughputCase = {
  kind: 'throughput',
  name: 'manifest',
  title: 'manifest by tag, 16 connections',
  unit: 'req/s',
  target: 10,
  rounds: 5,
  async prepare({ server, folder, signal }) {
    const layers = Array.from({ length: 4 }, (_, i) => [{ path: `file-${i}`, content: randomBlob(1024, i) }]);
    const image = buildImage({ layers });
    const api = server.openApi();
    const digest = await api.pushImage(REPOSITORY, 'latest', image);
    const read = expectStatus(await api.getManifest(REPOSITORY, 'latest'), 200, 'read the manifest back');
    api.close();
    if (sha256Of(read.body) !== digest)
      throw benchError('CONTENT_WRONG', `The manifest came back as ${sha256Of(read.body)}, not ${digest}`);
    const load = {
      port: server.port,
      paths: [`/v2/${REPOSITORY}/manifests/latest`],
      authorization: await server.authorize([REPOSITORY]),
      accept: image.manifest.descriptor.mediaType,
      connections: 16,
      bodyBytes: read.body.length,
      folder,
      signal,
    };
    await runWrk({ ...load, seconds: 2 });
    return () => runWrk({ ...load, seconds: 3 });
  },
};
