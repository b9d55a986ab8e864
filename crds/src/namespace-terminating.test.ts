import { expect, it } from 'vitest';
import { isNamespaceTerminating } from './namespace-terminating.ts';

const saying = (type: string, status: 'True' | 'False', reason: string) => {
  const lastTransitionTime = '2026-11-21T12:00:00Z';
  return { status: { conditions: [{ type, status, reason, message: '', lastTransitionTime }] } };
};

it('is what Ready says, and nothing else', () => {
  expect(isNamespaceTerminating(saying('Ready', 'False', 'NamespaceTerminating'))).toBe(true);
  const others = [
    { status: {} },
    saying('Ready', 'False', 'SecretMissing'),
    saying('Ready', 'True', 'NamespaceTerminating'),
    saying('Stalled', 'True', 'NamespaceTerminating'),
  ];
  expect(others.filter(isNamespaceTerminating)).toEqual([]);
});
