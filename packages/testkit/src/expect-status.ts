import { testkitError } from './errors.ts';
import type { RegistryResponse } from './registry-http.ts';

/** Returns the response, or throws REQUEST_FAILED with its body when it has another status. */
export function expectStatus(response: RegistryResponse, status: number, action: string): RegistryResponse {
  if (response.status === status) return response;
  throw testkitError(
    'REQUEST_FAILED',
    `Cannot ${action}: got ${response.status}, not ${status}: ${response.body.toString().slice(0, 2000)}`,
  );
}
