// azure-iothub against the hub of HUB_CONNECTION_STRING; one line for each check. See ../README.md.
'use strict';

const assert = require('node:assert/strict');
const { Client, Registry } = require('azure-iothub');
const contents = require('../contents.json');

const connectionString = process.env.HUB_CONNECTION_STRING;
const admin = process.env.HUB_ADMIN; // the emulator's admin interface; a real hub has none
const prefix = process.env.HUB_PREFIX; // of every configuration that this run makes
const pause = Number(process.env.HUB_PAUSE || 0) * 1000;

const registry = Registry.fromConnectionString(connectionString);
const client = Client.fromConnectionString(connectionString);

const NAME = prefix + 'node';
const LIVE = prefix + 'node-live';
const MISSING = prefix + 'node-missing';
const ABSENT = prefix + 'absent';
const DEVICE = 'node-1';
const IDLE = 'node-2';
const WRITES = 'it would change a device';
const FLEET_UNKNOWN = 'it needs a fleet that is known';
const MOST_PAGES = 20;
const METRIC = 'SELECT deviceId FROM devices.modules WHERE properties.reported.lastDesiredStatus.code = 200';

const checks = [];

// Registers a check. emulatorOnly: why it must not, or cannot, run on a real hub.
function check(name, emulatorOnly, run) {
  checks.push({ name, emulatorOnly: run ? emulatorOnly : null, run: run || emulatorOnly });
}

class Skip extends Error {}

// Calls the hub, no faster than it allows.
async function call(action) {
  await new Promise((resolve) => setTimeout(resolve, pause));
  return action();
}

// The call must fail with that class of the client's errors, that status and that error code.
async function refused(name, status, code, action) {
  const error = await call(action).then(() => null, (reason) => reason);
  assert.ok(error, `expected ${name}, and it was accepted`);
  assert.ok(error.response, `expected ${name}, and it is ${error}`);
  const found = [error.name, error.response.statusCode, error.response.headers['iothub-errorcode']];
  assert.deepEqual(found, [name, status, code]);
  return error;
}

function body(changes) {
  return {
    id: NAME,
    labels: { app: 'web' },
    content: contents.layered,
    targetCondition: `deviceId='${prefix}nobody'`, // no device of a real hub is touched
    priority: 10,
    metrics: { queries: { ok: METRIC } },
    ...changes,
  };
}

const read = async (id) => (await call(() => registry.getConfiguration(id))).responseBody;

async function edgeDevice() {
  if (admin) return DEVICE;
  const query = registry.createQuery('SELECT deviceId FROM devices WHERE capabilities.iotEdge = true', 1);
  const rows = (await call(() => query.next())).result;
  if (rows.length === 0) throw new Skip('the hub has no edge device');
  return rows[0].deviceId;
}

async function evaluate() {
  const answer = await fetch(admin + '/evaluate', { method: 'POST' });
  assert.equal(answer.status, 200);
}

check('addConfiguration: 200 and the first etag; the answer has the whole configuration', async () => {
  const answer = await call(() => registry.addConfiguration(body()));
  assert.equal(answer.httpResponse.statusCode, 200);
  assert.equal(answer.httpResponse.headers.etag, '"MQ=="');
  const { id, schemaVersion, labels, content, priority, etag, systemMetrics } = answer.responseBody;
  assert.deepEqual([id, schemaVersion, labels, priority, etag], [NAME, '1.0', { app: 'web' }, 10, 'MQ==']);
  assert.deepEqual(content, contents.layered);
  assert.deepEqual(systemMetrics.results, {});
});

check('addConfiguration again: DeviceAlreadyExistsError, which is how it tells every 409', async () => {
  const error = await refused('DeviceAlreadyExistsError', 409, 'ConfigurationAlreadyExists',
    () => registry.addConfiguration(body()));
  assert.equal(error.message, `Configuration with id '${NAME}' already exist on IotHub.`);
});

check('addConfiguration without content: ArgumentError, which is how it tells every 400', () =>
  refused('ArgumentError', 400, 'InvalidConfigurationContent',
    () => registry.addConfiguration(body({ id: MISSING, content: undefined }))));

check('getConfiguration: 200, a quoted ETag header', async () => {
  const answer = await call(() => registry.getConfiguration(NAME));
  assert.equal(answer.responseBody.id, NAME);
  assert.equal(answer.httpResponse.headers.etag, `"${answer.responseBody.etag}"`);
});

check('updateConfiguration with the etag read: 200, the etag advances', async () => {
  const current = await read(NAME);
  const answer = await call(() => registry.updateConfiguration({ ...current, priority: 11 }));
  assert.deepEqual([answer.responseBody.priority, answer.responseBody.etag], [11, 'Mg==']);
  assert.equal(answer.httpResponse.headers.etag, '"Mg=="');
});

check('updateConfiguration with a stale etag: InvalidEtagError (412)', async () => {
  const current = await read(NAME);
  await refused('InvalidEtagError', 412, 'PreconditionFailed',
    () => registry.updateConfiguration({ ...current, etag: 'MQ==' }));
});

check('updateConfiguration by force, with a stale etag in the body: 200', async () => {
  const current = await read(NAME);
  const answer = await call(() => registry.updateConfiguration({ ...current, etag: 'MQ==', priority: 13 }, true));
  assert.deepEqual([answer.responseBody.priority, answer.responseBody.etag], [13, 'Mw==']);
});

check('updateConfiguration of a missing id, with an etag and by force: Error "Not found" (404)', async () => {
  for (const force of [false, true]) {
    const error = await refused('Error', 404, 'ConfigurationNotFound',
      () => registry.updateConfiguration(body({ id: MISSING, etag: 'MQ==' }), force));
    assert.equal(error.message, 'Not found');
  }
});

check('updateConfiguration with other content: 200, and the old content stays', async () => {
  const current = await read(NAME);
  const answer = await call(() => registry.updateConfiguration({ ...current, content: contents.base }));
  assert.deepEqual(answer.responseBody.content, contents.layered);
});

check('getConfigurations: ours is in the list', async () => {
  const list = (await call(() => registry.getConfigurations())).responseBody;
  assert.ok(list.some((one) => one.id === NAME), `${NAME} is not in the list`);
});

check('createQuery, nextAsTwin: all devices in pages of at most 100, each device once', async () => {
  const total = (await call(() => registry.getRegistryStatistics())).responseBody.totalDeviceCount;
  if (total > 100 * MOST_PAGES) throw new Skip(`${total} devices are too many to page through`);
  const query = registry.createQuery('SELECT * FROM devices', 100);
  const sizes = [];
  const names = new Set();
  while (query.hasMoreResults) {
    assert.ok(sizes.length < MOST_PAGES, `no end within ${MOST_PAGES} pages`);
    const answer = await call(() => query.nextAsTwin());
    assert.equal(answer.message.headers['x-ms-item-type'], 'Twin');
    sizes.push(answer.result.length);
    answer.result.forEach((twin) => names.add(twin.deviceId));
  }
  assert.ok(Math.max(...sizes) <= 100, `pages of ${sizes}`);
  assert.equal(names.size, total);
  if (admin) assert.deepEqual(sizes, [100, 100, 50]);
});

check('createQuery, next: a projection has the item type Raw', FLEET_UNKNOWN, async () => {
  const query = registry.createQuery("SELECT deviceId, moduleId FROM devices.modules WHERE moduleId = '$edgeAgent'", 200);
  const first = await call(() => query.next());
  assert.equal(first.message.headers['x-ms-item-type'], 'Raw');
  const second = await call(() => query.next(query.continuationToken));
  assert.deepEqual([first.result.length, second.result.length, query.hasMoreResults], [200, 49, false]);
});

check('a query with a syntax error: ArgumentError (400)', () =>
  refused('ArgumentError', 400, 'ArgumentInvalid', () => registry.createQuery('SELEKT * FROM devices').next()));

check('getRegistryStatistics: three counts', async () => {
  const counts = (await call(() => registry.getRegistryStatistics())).responseBody;
  assert.equal(counts.totalDeviceCount, counts.enabledDeviceCount + counts.disabledDeviceCount);
  if (admin) assert.equal(counts.totalDeviceCount, 250);
});

check('getModuleTwin of $edgeAgent: ids, etag and both sections', async () => {
  const device = await edgeDevice();
  const twin = (await call(() => registry.getModuleTwin(device, '$edgeAgent'))).responseBody;
  assert.deepEqual([twin.deviceId, twin.moduleId], [device, '$edgeAgent']);
  assert.ok(twin.etag, 'no etag');
  assert.ok('$version' in twin.properties.desired && '$version' in twin.properties.reported, 'no $version');
});

check('getModuleTwin of a missing module: DeviceNotFoundError (404)', async () => {
  const device = await edgeDevice();
  await refused('DeviceNotFoundError', 404, 'DeviceNotFound', () => registry.getModuleTwin(device, ABSENT));
});

check('updateModuleTwin of a new module: 200; with a stale etag: InvalidEtagError (412)', WRITES, async () => {
  const live = body({ id: LIVE, content: contents.base, targetCondition: `deviceId='${DEVICE}'` });
  await call(() => registry.addConfiguration(live));
  await evaluate();
  await evaluate();
  const patch = { properties: { desired: { a: 1 } } };
  const before = (await call(() => registry.getModuleTwin(DEVICE, 'm1'))).responseBody;
  const after = (await call(() => registry.updateModuleTwin(DEVICE, 'm1', patch, '*'))).responseBody;
  assert.deepEqual([after.properties.desired.k, after.properties.desired.a], ['v', 1]);
  await refused('InvalidEtagError', 412, 'PreconditionFailed',
    () => registry.updateModuleTwin(DEVICE, 'm1', patch, before.etag));
});

check('updateModuleTwin of $edgeAgent: UnauthorizedError (401)', WRITES, () =>
  refused('UnauthorizedError', 401, 'SystemModuleModifyUnauthorizedAccess',
    () => registry.updateModuleTwin(DEVICE, '$edgeAgent', { properties: { desired: { a: 1 } } }, '*')));

check('applyConfigurationContentOnDevice: 204, and the modules are on the device', WRITES, async () => {
  const answer = await call(() => registry.applyConfigurationContentOnDevice(IDLE, contents.base));
  assert.equal(answer.httpResponse.statusCode, 204);
  const twin = (await call(() => registry.getModuleTwin(IDLE, '$edgeAgent'))).responseBody;
  assert.deepEqual(Object.keys(twin.properties.desired.modules || {}), ['m1']);
});

check('applyConfigurationContentOnDevice to a missing device: DeviceNotFoundError (404)', () =>
  refused('DeviceNotFoundError', 404, 'DeviceNotFound',
    () => registry.applyConfigurationContentOnDevice(ABSENT, contents.base)));

check('invokeDeviceMethod: ping of $edgeAgent', FLEET_UNKNOWN, async () => {
  const method = { methodName: 'ping', payload: null, responseTimeoutInSeconds: 30, connectTimeoutInSeconds: 15 };
  const answer = await call(() => client.invokeDeviceMethod(DEVICE, '$edgeAgent', method));
  assert.equal(answer.result.status, 200);
});

check('invokeDeviceMethod on a device that is offline: Error "Not found" (404)', FLEET_UNKNOWN, () =>
  refused('Error', 404, 'DeviceNotOnline',
    () => client.invokeDeviceMethod('offline', '$edgeAgent', { methodName: 'ping', responseTimeoutInSeconds: 5 })));

check('a wrong key: UnauthorizedError (401)', () => {
  const key = Buffer.alloc(32).toString('base64');
  const stranger = Registry.fromConnectionString(connectionString.replace(/SharedAccessKey=.*/, `SharedAccessKey=${key}`));
  return refused('UnauthorizedError', 401, 'IotHubUnauthorizedAccess', () => stranger.getConfigurations());
});

check('removeConfiguration: 204; a missing one, deleted or read: Error "Not found" (404)', async () => {
  const answer = await call(() => registry.removeConfiguration(NAME));
  assert.equal(answer.httpResponse.statusCode, 204);
  await refused('Error', 404, 'ConfigurationNotFound', () => registry.removeConfiguration(NAME));
  await refused('Error', 404, 'ConfigurationNotFound', () => registry.getConfiguration(NAME));
});

async function runOne({ name, emulatorOnly, run }) {
  if (emulatorOnly && !admin) {
    console.log(`skip node: ${name}: ${emulatorOnly}`);
    return true;
  }
  try {
    await run();
  } catch (error) {
    const skipped = error instanceof Skip;
    const text = `${error.name}: ${error.message}`.replace(/\s+/g, ' ').slice(0, 300);
    console.log(`${skipped ? 'skip' : 'FAIL'} node: ${name}: ${text}`);
    return skipped;
  }
  console.log(`ok   node: ${name}`);
  return true;
}

async function tidy() {
  for (const id of [NAME, LIVE, MISSING]) {
    const error = await call(() => registry.removeConfiguration(id)).then(() => null, (reason) => reason);
    const gone = !error || (error.response && error.response.statusCode === 404);
    if (!gone) console.log(`FAIL node: ${id} may be left on the hub: ${error}`);
  }
}

async function main() {
  let good = true;
  for (const one of checks) good = (await runOne(one)) && good;
  await tidy();
  return good ? 0 : 1;
}

main().then((status) => process.exit(status));
