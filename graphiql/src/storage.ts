/** GraphiQL's storage in the browser: under a name of our own, and never with request headers. */
import type { Storage } from '@graphiql/toolkit';

const PREFIX = 'merkato:';

/** GraphiQL's history keeps the headers of a request even when `shouldPersistHeaders` is off. */
const HISTORY_KEYS = ['graphiql:queries', 'graphiql:favorites'];

export const storage: Storage = {
  getItem: (key) => localStorage.getItem(PREFIX + key),
  setItem: (key, value) => {
    localStorage.setItem(PREFIX + key, HISTORY_KEYS.includes(key) ? withoutHeaders(value) : value);
  },
  removeItem: (key) => {
    localStorage.removeItem(PREFIX + key);
  },
  clear: () => {
    for (const key of ownKeys()) localStorage.removeItem(key);
  },
  get length() {
    return ownKeys().length;
  },
};

/** Whether GraphiQL has stored no tabs in this browser yet. */
export function isFirstVisit(): boolean {
  return storage.getItem('graphiql:tabState') === null;
}

function ownKeys(): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}

function withoutHeaders(history: string): string {
  return JSON.stringify(JSON.parse(history), (key, value: unknown) => (key === 'headers' ? undefined : value));
}
