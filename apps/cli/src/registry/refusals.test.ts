import { errorFactory, isAppError } from '@slipway/base';
import { CLIENT_ERRORS } from '@slipway/client';
import { parseReference } from '@slipway/oci';
import { describe, expect, it } from 'vitest';
import { asPullError, asPushError } from './refusals.ts';

const clientError = errorFactory(CLIENT_ERRORS);
const app = parseReference('hub.example/ann/app');
const WHY = "access denied for hub.example/ann/app, repository does not exist or may require 'docker login': ";

describe('asPullError()', () => {
  it('names a repository that is not there', () => {
    const error = asPullError(clientError('NAME_UNKNOWN', 'Cannot pull "hub.example/ann/app:x": name unknown: no such name'), app);
    expect(error).toMatchObject({ kind: 'not-found', message: 'repository hub.example/ann/app not found: name unknown: no such name' });
  });

  it('says how to log in', () => {
    const error = asPullError(clientError('DENIED', `pull ${WHY}denied: no`), app);
    expect(error).toMatchObject({ code: 'ACCESS_DENIED', message: `pull ${WHY}denied: no` });
    expect(isAppError(error) && error.hint).toContain('slipway login hub.example');
  });

  it('leaves anything else as it is', () => {
    const error = new Error('other');
    expect(asPullError(error, app)).toBe(error);
  });
});

describe('asPushError()', () => {
  it.each([
    ['denied: requested access to the resource is denied', 'denied: requested access to the resource is denied'],
    ['unauthorized: authentication required', 'unauthorized: authentication required'],
    ['the registry answered 403', 'denied: requested access to the resource is denied'],
  ])("keeps of %j what docker's push says", (said, expected) => {
    expect(asPushError(clientError('DENIED', `push ${WHY}${said}`), app)).toMatchObject({ message: expected });
  });
});
