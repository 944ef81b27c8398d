// What a frontend does, against a running server: BASE_URL, EMAIL and PASSWORD say which and who.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { env } from 'node:process';
import { before, test } from 'node:test';

import { createClient } from '../generated/client/index.ts';
import {
  createCustomer,
  createExecution,
  followExecution,
  listCustomers,
  readMe,
  signIn,
  updateCustomer,
  type CustomerListed,
  type ExecutionStateEvent,
  type ListCustomersData,
  type PageCustomerListed,
} from '../generated/index.ts';

let token = '';
const client = createClient({ baseUrl: env['BASE_URL'] ?? '', auth: () => token });

async function* allCustomers(
  query: ListCustomersData['query'],
): AsyncGenerator<CustomerListed, void> {
  let cursor: string | undefined;
  do {
    const page: PageCustomerListed = (
      await listCustomers({ client, query: { ...query, cursor }, throwOnError: true })
    ).data;
    yield* page.items;
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
}

async function newCustomer(name: string) {
  const { data, response } = await createCustomer({ client, body: { name }, throwOnError: true });
  return { customer: data, etag: response.headers.get('ETag') ?? '' };
}

before(async () => {
  const { data } = await signIn({
    client,
    body: { username: env['EMAIL'] ?? '', password: env['PASSWORD'] ?? '' },
    throwOnError: true,
  });
  token = data.access_token;
});

test('whoever signs in is known by the token', async () => {
  const { data } = await readMe({ client, throwOnError: true });

  assert.equal(data.email, env['EMAIL']);
});

test('a wrong password is a problem', async () => {
  const { data, error } = await signIn({
    client,
    body: { username: env['EMAIL'] ?? '', password: 'wrong' },
  });

  assert.equal(data, undefined);
  assert.equal(error?.status, 401);
  assert.equal(error.type, '/problems/not-authenticated');
});

test('a request that is sent again gets the first answer again', async () => {
  const request = {
    client,
    body: { name: 'Grace Hopper', email: 'grace@example.com' },
    headers: { 'Idempotency-Key': randomUUID() },
    throwOnError: true,
  } as const;

  const first = await createCustomer(request);
  const second = await createCustomer(request);

  assert.deepEqual(second.data, first.data);
  assert.equal(second.response.status, 201);
  assert.equal(first.response.headers.get('Idempotency-Replayed'), null);
  assert.equal(second.response.headers.get('Idempotency-Replayed'), 'true');
});

test('the cursor leads through all pages', async () => {
  const word = `paged${Date.now()}`;
  const names = ['a', 'b', 'c', 'd', 'e'].map((letter) => `${word} ${letter}`);
  for (const name of names) {
    await newCustomer(name);
  }

  const seen: string[] = [];
  for await (const customer of allCustomers({ q: word, sort: 'name', limit: 2 })) {
    seen.push(customer.name);
  }

  assert.deepEqual(seen, names);
});

test('whoever comes late learns the present version', async () => {
  const { customer, etag } = await newCustomer('Katherine Johnson');
  const update = (phone: string, seen: string) =>
    updateCustomer({
      client,
      path: { customer_id: customer.id },
      body: { phone },
      headers: { 'If-Match': seen },
    });

  const faster = await update('+1 757 555 0150', etag);
  const late = await update('+1 757 555 0151', etag);

  assert.equal(faster.data?.version, customer.version + 1);
  assert.equal(late.data, undefined);
  assert.equal(late.error?.status, 412);
  assert.equal(late.error.type, '/problems/precondition-failed');
  const present = late.response?.headers.get('ETag');
  assert.equal(present, faster.response?.headers.get('ETag'));
  assert.equal((await update('+1 757 555 0151', present ?? '')).data?.phone, '+1 757 555 0151');
});

test('the events of a stream are what they tell, until it ends', async () => {
  const body = { kind: 'report', inputs: { report: 'leads_pipeline' } } as const;
  const { data } = await createExecution({ client, body, throwOnError: true });

  const { stream } = await followExecution({ client, path: { execution_id: data.id } });
  const states: ExecutionStateEvent[] = [];
  for await (const state of stream) {
    states.push(state);
  }

  const last = states.at(-1);
  assert.equal(last?.id, data.id);
  assert.equal(last.status, 'completed');
  assert.equal(last.progress_done, last.progress_total);
});

test('bad input names each field', async () => {
  const { error } = await createCustomer({ client, body: { name: '', email: 'no address' } });

  assert.equal(error?.status, 422);
  assert.deepEqual(
    error.errors.map(({ loc }) => loc),
    [
      ['body', 'name'],
      ['body', 'email'],
    ],
  );
});

test('a misspelt field neither compiles nor passes', async () => {
  const { error } = await createCustomer({
    client,
    // @ts-expect-error: this has to be an error, or the types are good for nothing.
    body: { name: 'Ada Lovelace', emial: 'ada@example.com' },
  });

  assert.equal(error?.status, 422);
  assert.deepEqual(error.errors[0]?.loc, ['body', 'emial']);
});
