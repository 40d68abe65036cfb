import { isTagName, type TagName } from '@slipway/oci';
import type { CallOptions } from './manifests.ts';
import { stringsOf, walkPages } from './pages.ts';
import { type Remote, sendTo } from './remote.ts';

/** Every tag, page after page, in the registry's order. Errors: NAME_UNKNOWN, DENIED. */
export async function* walkTags(remote: Remote, options: CallOptions = {}): AsyncGenerator<TagName, void, void> {
  const doing = `Cannot list the tags of "${remote.label}"`;
  const send = async (path: string) => await sendTo(remote, { method: 'GET', path, access: 'pull', doing, ...options });
  for await (const page of walkPages(remote.host, { path: 'tags/list?n=1000', doing, send, ...options })) {
    yield* stringsOf(page, 'tags').filter(isTagName);
  }
}
