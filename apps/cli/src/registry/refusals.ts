import { isAppError } from '@slipway/base';
import type { Reference } from '@slipway/oci';
import { cliError } from '../errors.ts';
import { shortName } from './image-name.ts';

const PUSH_DENIED = "push access denied for .*, repository does not exist or may require 'docker login': ";
const DENIED = 'denied: requested access to the resource is denied';

/** A registry's refusal in the words of `docker pull`; anything else passes through. */
export function asPullError(error: unknown, reference: Reference): unknown {
  if (isAppError(error, 'NAME_UNKNOWN')) {
    const said = error.message.replace(/^Cannot [^:]*"[^"]*": /, '');
    return cliError('REPOSITORY_UNKNOWN', `repository ${shortName(reference)} not found: ${said}`, { cause: error });
  }
  if (!isAppError(error, 'DENIED')) return error;
  return cliError('ACCESS_DENIED', error.message, { hint: loginHint(reference), cause: error });
}

/** A registry's refusal in the words of `docker push`; anything else passes through. */
export function asPushError(error: unknown, reference: Reference): unknown {
  if (!isAppError(error, 'DENIED')) return error;
  const said = error.message.replace(new RegExp(`^${PUSH_DENIED}`), '');
  return cliError('ACCESS_DENIED', /^(?:denied|unauthorized): /.test(said) ? said : DENIED, { hint: loginHint(reference), cause: error });
}

function loginHint({ registry }: Reference): string {
  return `Log in with \`slipway login${registry === 'docker.io' ? '' : ` ${registry}`}\` as someone who may.`;
}
