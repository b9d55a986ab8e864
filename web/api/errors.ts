import { z } from 'zod';

/** Every refusal of the API: a stable code, its HTTP status, and a sentence for a person. */
export const ERRORS = {
  not_found: { status: 404, title: 'There is nothing at this address.' },
  live_stream_not_found: { status: 404, title: 'There is no such live stream.' },
  invalid_request: { status: 400, title: 'The request breaks a rule.' },
  too_many_event_clients: { status: 503, title: 'Too many pages follow events right now. Try again in a moment.' },
  not_ready: { status: 503, title: 'The server is still starting. Try again in a moment.' },
  internal: { status: 500, title: 'Something went wrong on the server.' },
} as const;
export type ErrorCode = keyof typeof ERRORS;

/** An application/problem+json body (RFC 9457); `code` is stable, `title` and `detail` may be reworded. */
export const problemSchema = z
  .object({
    type: z.string().describe('A URN that names the kind of problem.'),
    title: z.string().describe('One sentence, the same for every problem of this code.'),
    status: z.int().describe('The HTTP status.'),
    code: z.string().describe('Stable name of the problem, for programs.'),
    detail: z.string().optional().describe('What was wrong this time: field, value and rule.'),
  })
  .meta({ id: 'Problem', description: 'application/problem+json, RFC 9457' });
export type Problem = z.output<typeof problemSchema>;

export const PROBLEM_TYPE = 'application/problem+json';

/** Thrown by a handler to answer with one of ERRORS. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  constructor(code: ErrorCode, detail?: string) {
    super(detail ?? ERRORS[code].title);
    this.code = code;
    this.detail = detail;
  }
}

export function problem(code: ErrorCode, detail?: string): Problem {
  const { status, title } = ERRORS[code];
  return { type: `urn:showrunner:problem:${code}`, title, status, code, ...(detail === undefined ? {} : { detail }) };
}
