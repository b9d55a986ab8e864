import { describe, expect, it } from 'vitest';
import { failuresIn, retriedIn } from './vitest.mjs';

const passed = { status: 'passed', fullName: 'a show goes live', failureMessages: [] };
const failed = {
  status: 'failed',
  fullName: 'a show ends',
  failureMessages: ['AssertionError: expected 1 to be 2\n    at show.test.ts:3:1'],
};

describe('what failed of a run', () => {
  it('is said by file and test, with the first line of its message', () => {
    const results = {
      testResults: [
        { name: '/here/tests/good.test.ts', status: 'passed', message: '', assertionResults: [passed] },
        { name: '/here/tests/show.test.ts', status: 'failed', message: '', assertionResults: [passed, failed] },
      ],
    };
    expect(failuresIn(results, '/here')).toEqual([
      {
        file: 'tests/show.test.ts',
        tests: [{ name: 'a show ends', message: 'AssertionError: expected 1 to be 2' }],
      },
    ]);
  });

  it('is the file where a hook failed, and with it no test', () => {
    const hook = { ...passed, status: 'skipped' };
    const message = 'Error: Hook timed out in 120000ms.\n    at';
    const results = {
      testResults: [{ name: '/here/tests/show.test.ts', status: 'failed', message, assertionResults: [hook] }],
    };
    expect(failuresIn(results, '/here')).toEqual([
      {
        file: 'tests/show.test.ts',
        tests: [{ name: 'before or after its tests', message: 'Error: Hook timed out in 120000ms.' }],
      },
    ]);
  });
});

it('tells of tests that passed at their second attempt why they failed at the first', () => {
  const retried = { ...failed, status: 'passed' };
  const results = {
    testResults: [{ name: '/here/tests/show.test.ts', status: 'passed', assertionResults: [passed, retried] }],
  };
  expect(retriedIn(results, '/here')).toEqual([
    { file: 'tests/show.test.ts', name: 'a show ends', message: 'AssertionError: expected 1 to be 2' },
  ]);
});
