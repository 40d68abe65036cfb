import type { RepositoryAction } from '../authorizer.ts';

export type RouteName = 'ping' | 'catalog' | 'manifest' | 'blob' | 'upload-start' | 'upload' | 'tags' | 'referrers';

export type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

export interface Route {
  readonly name: RouteName;
  /** As documentation shows it. */
  readonly pattern: string;
  /** What each method needs: an action on the repository, or access that names none. */
  readonly methods: Readonly<Partial<Record<Method, RepositoryAction | 'ping' | 'catalog'>>>;
}

/** Every route of the distribution API: the router, authorization, documentation and tests read this table. */
export const ROUTES = {
  ping: { name: 'ping', pattern: '/v2/', methods: { GET: 'ping', HEAD: 'ping' } },
  catalog: { name: 'catalog', pattern: '/v2/_catalog', methods: { GET: 'catalog' } },
  manifest: {
    name: 'manifest',
    pattern: '/v2/<name>/manifests/<reference>',
    methods: { GET: 'pull', HEAD: 'pull', PUT: 'push', DELETE: 'delete' },
  },
  blob: { name: 'blob', pattern: '/v2/<name>/blobs/<digest>', methods: { GET: 'pull', HEAD: 'pull', DELETE: 'delete' } },
  'upload-start': { name: 'upload-start', pattern: '/v2/<name>/blobs/uploads/', methods: { POST: 'push' } },
  // containers/image cancels with its push token, so DELETE asks no more than push.
  upload: {
    name: 'upload',
    pattern: '/v2/<name>/blobs/uploads/<id>',
    methods: { GET: 'push', HEAD: 'push', PATCH: 'push', PUT: 'push', DELETE: 'push' },
  },
  tags: { name: 'tags', pattern: '/v2/<name>/tags/list', methods: { GET: 'pull' } },
  referrers: { name: 'referrers', pattern: '/v2/<name>/referrers/<digest>', methods: { GET: 'pull' } },
} as const satisfies Record<RouteName, Route>;

export interface RouteMatch {
  readonly route: Route;
  /** The repository, not yet checked against the grammar; empty for routes that name none. */
  readonly repository: string;
  /** Tag, digest or upload id; empty for routes that have none. */
  readonly reference: string;
}

/**
 * Finds the route of a decoded path. Paths are read from the right, since `admin/tags` and `a/manifests/b` are legal repositories.
 * Undefined when the path is no route.
 */
export function matchRoute(path: string): RouteMatch | undefined {
  if (path === '/v2/' || path === '/v2') return { route: ROUTES.ping, repository: '', reference: '' };
  if (path === '/v2/_catalog') return { route: ROUTES.catalog, repository: '', reference: '' };
  if (!path.startsWith('/v2/')) return undefined;
  const segments = path.slice('/v2/'.length).split('/');
  const last = segments.at(-1) ?? '';
  const kind = segments.at(-2) ?? '';
  const before = segments.at(-3) ?? '';
  if (before === 'blobs' && kind === 'uploads' && segments.length >= 4) {
    const repository = segments.slice(0, -3).join('/');
    return { route: last === '' ? ROUTES['upload-start'] : ROUTES.upload, repository, reference: last };
  }
  // POST to `…/uploads` without the last slash: shell scripts forget it.
  if (kind === 'blobs' && last === 'uploads') return named(ROUTES['upload-start'], segments, '');
  if (kind === 'tags' && last === 'list') return named(ROUTES.tags, segments, '');
  if (kind === 'manifests') return named(ROUTES.manifest, segments, last);
  if (kind === 'blobs') return named(ROUTES.blob, segments, last);
  if (kind === 'referrers') return named(ROUTES.referrers, segments, last);
  return undefined;
}

function named(route: Route, segments: readonly string[], reference: string): RouteMatch | undefined {
  return segments.length < 3 ? undefined : { route, repository: segments.slice(0, -2).join('/'), reference };
}
