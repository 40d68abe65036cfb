import { describe, expect, it } from 'vitest';
import { API_ROUTES, type ApiRoute, apiPath } from './routes.ts';

describe('apiPath()', () => {
  it('keeps the slashes of repository names and encodes all else', () => {
    expect(apiPath('listAccounts')).toBe('/api/v1/accounts');
    expect(apiPath('changePassword', 'ann/x?')).toBe('/api/v1/accounts/ann%2Fx%3F/password');
    expect(apiPath('getRepository', 'ann/deep/app')).toBe('/api/v1/repositories/ann/deep/app');
  });
});

describe('API_ROUTES', () => {
  it('has one operation for each method and path', () => {
    const routes: readonly ApiRoute[] = Object.values(API_ROUTES);
    expect(new Set(routes.map((route) => `${route.method} ${route.path}`)).size).toBe(routes.length);
  });
});
