import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchRoute, ROUTES } from './router.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;

/** Words of the API itself are legal components of names. */
const component = fc.constantFrom('a', 'admin', 'tags', 'blobs', 'uploads', 'manifests', 'referrers', 'list', 'x-y', 'v2');
const name = fc.array(component, { minLength: 1, maxLength: 5 }).map((components) => components.join('/'));

describe('matchRoute()', () => {
  it.each(Object.values(ROUTES))('matchRoute() finds $pattern', (route) => {
    const reference = { manifest: 'v1', blob: DIGEST, upload: 'some-id', referrers: DIGEST }[route.name as string] ?? '';
    const path = route.pattern.replace('<name>', 'team/app').replace(/<(reference|digest|id)>/, reference);
    const repository = route.pattern.includes('<name>') ? 'team/app' : '';
    expect(matchRoute(path)).toEqual({ route, repository, reference });
  });

  it('matchRoute() finds every route of every legal name, those made of words of the API too', () => {
    fc.assert(
      fc.property(name, (repository) => {
        expect(matchRoute(`/v2/${repository}/tags/list`)).toEqual({ route: ROUTES.tags, repository, reference: '' });
        expect(matchRoute(`/v2/${repository}/manifests/v1`)).toEqual({ route: ROUTES.manifest, repository, reference: 'v1' });
        expect(matchRoute(`/v2/${repository}/manifests/list`)).toEqual({ route: ROUTES.manifest, repository, reference: 'list' });
        expect(matchRoute(`/v2/${repository}/blobs/${DIGEST}`)).toEqual({ route: ROUTES.blob, repository, reference: DIGEST });
        expect(matchRoute(`/v2/${repository}/referrers/${DIGEST}`)).toEqual({ route: ROUTES.referrers, repository, reference: DIGEST });
        expect(matchRoute(`/v2/${repository}/blobs/uploads/`)).toEqual({ route: ROUTES['upload-start'], repository, reference: '' });
        expect(matchRoute(`/v2/${repository}/blobs/uploads`)).toEqual({ route: ROUTES['upload-start'], repository, reference: '' });
        expect(matchRoute(`/v2/${repository}/blobs/uploads/id-1`)).toEqual({ route: ROUTES.upload, repository, reference: 'id-1' });
      }),
    );
  });

  it.each([
    ['/v2/admin/tags/tags/list', 'tags', 'admin/tags'],
    ['/v2/admin/tags/manifests/list', 'manifest', 'admin/tags'],
    [`/v2/admin/blobs/blobs/${DIGEST}`, 'blob', 'admin/blobs'],
    ['/v2/admin/blobs/blobs/uploads/', 'upload-start', 'admin/blobs'],
    ['/v2/a/tags/list/tags/list', 'tags', 'a/tags/list'],
    ['/v2/a/manifests/b/manifests/v1', 'manifest', 'a/manifests/b'],
    ['/v2/x/blobs/uploads/tags/list', 'tags', 'x/blobs/uploads'],
    [`/v2/x/blobs/uploads/blobs/${DIGEST}`, 'blob', 'x/blobs/uploads'],
    ['/v2/x/blobs/uploads/blobs/uploads/id', 'upload', 'x/blobs/uploads'],
  ])('matchRoute() reads %s from the right', (path, route, repository) => {
    expect(matchRoute(path)).toMatchObject({ route: { name: route }, repository });
  });

  it.each([
    '/',
    '/v1/_ping',
    '/v2/x',
    '/v2/x/y',
    '/v2/tags/list',
    '/v2/blobs/uploads/',
    '/v2/manifests/v1',
    '/v2x/a/tags/list',
    '/v2/a/tags/list/',
  ])('matchRoute() knows no route for %s', (path) => {
    expect(matchRoute(path)).toBeUndefined();
  });

  it('matchRoute() takes /v2 and /v2/ for the ping', () => {
    expect(matchRoute('/v2')).toEqual(matchRoute('/v2/'));
  });
});

describe('ROUTES', () => {
  it('ROUTES cancels an upload with push rights (containers/image)', () => {
    expect(ROUTES.upload.methods.DELETE).toBe('push');
  });
});
