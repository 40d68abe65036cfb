import { describe, expect, it } from 'vitest';
import { parseCopyPlace } from './copy-place.ts';

describe('parseCopyPlace()', () => {
  it.each([
    ['oci:layout', { kind: 'layout', folder: '/work/layout', name: undefined }],
    ['oci:/a/b:v1', { kind: 'layout', folder: '/a/b', name: 'v1' }],
    ['ann/app:v1', { kind: 'registry', reference: { registry: 'docker.io', repository: 'ann/app', tag: 'v1' } }],
    ['docker://oci:5000/app', { kind: 'registry', reference: { registry: 'oci:5000', repository: 'app' } }],
  ])('reads %s', (text, place) => {
    expect(parseCopyPlace(text, '/work')).toEqual(place);
  });

  it('refuses what skopeo knows and Slipway does not', () => {
    expect(() => parseCopyPlace('docker-archive:a.tar', '/')).toThrow('only registries and oci: folders');
  });
});
