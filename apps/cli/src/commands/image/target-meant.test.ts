import type { Digest } from '@slipway/oci';
import { expect, it } from 'vitest';
import { digestOf, imageRecord } from '../../testing/image-record.ts';
import { targetMeant } from './target-meant.ts';

const image = {
  ...imageRecord('app'),
  names: [
    { repository: 'docker.io/library/app', tag: 'latest', target: digestOf('index') },
    { repository: 'localhost:5000/app', tag: 'v2', target: digestOf('manifest') },
    { repository: 'docker.io/library/app', tag: 'built' },
  ],
  digests: [{ repository: 'docker.io/library/app', digest: digestOf('pulled') }],
};

it.each<[string, Digest | undefined]>([
  ['app', digestOf('index')],
  ['docker.io/library/app:latest', digestOf('index')],
  ['localhost:5000/app:v2', digestOf('manifest')],
  [`app@${digestOf('pulled')}`, digestOf('pulled')],
  ['app:built', undefined],
  [image.id, undefined],
  [image.id.slice(7), undefined],
  [image.id.slice(7, 19), undefined],
])('targetMeant() %s', (text, target) => {
  expect(targetMeant(image, text)).toBe(target);
});
