import { get } from 'node:http';

/** Whether the URL answers 200 now. A refused connection is what waiting for a server looks like. */
export async function isAnswering(url: string, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const request = get(url, { agent: false }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  });
  request.on('error', () => resolve(false));
  return await promise;
}
