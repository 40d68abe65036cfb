import { type Digest, parseDigest } from '@slipway/oci';
import { expect, it } from 'vitest';
import { imageRecord } from '../../testing/image-record.ts';
import { targetMeant } from './target-meant.ts';

const digestOf = (digit: string): Digest => parseDigest(`sha256:${digit.repeat(64)}`);
const image = {
  ...imageRecord({ names: [], id: digestOf('a') }),
  names: [
    { repository: 'docker.io/library/app', tag: 'latest', target: digestOf('1') },
    { repository: 'localhost:5000/app', tag: 'v2', target: digestOf('2') },
    { repository: 'docker.io/library/app', tag: 'built' },
  ],
  digests: [{ repository: 'docker.io/library/app', digest: digestOf('3') }],
};

it.each<[string, Digest | undefined]>([
  ['app', digestOf('1')],
  ['docker.io/library/app:latest', digestOf('1')],
  ['localhost:5000/app:v2', digestOf('2')],
  [`app@${digestOf('3')}`, digestOf('3')],
  ['app:built', undefined],
  ['aaaaaaaaaaaa', undefined],
  [digestOf('a'), undefined],
  ['a'.repeat(64), undefined],
])('targetMeant() %s', (text, target) => {
  expect(targetMeant(image, text)).toBe(target);
});
