// Slack's own client as an app for the fake workspace of adapters/slack/slacktest: it does what a command says and tells, one
// JSON object of strings per line, what it saw. It ends when its standard input does.
import { channel } from 'node:diagnostics_channel';
import bolt from '@slack/bolt';

const { App, LogLevel, SocketModeReceiver } = bolt;
const { SLACK_API_URL, SLACK_APP_TOKEN, SLACK_BOT_TOKEN } = process.env;

function tell(saw, fields = {}, then = () => {}) {
  const line = { saw };
  for (const [name, value] of Object.entries(fields)) {
    line[name] = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  }
  process.stdout.write(`${JSON.stringify(line)}\n`, then);
}

// What the client complains about is a fault of the workspace.
const complain = (...words) => tell('complaint', { text: words.join(' ') });
const logger = {
  debug() {},
  info() {},
  warn: complain,
  error: complain,
  setLevel() {},
  setName() {},
  getLevel: () => LogLevel.WARN,
};

// Receiver and app change the options they are given, so each has its own.
const clientOptions = () => ({ slackApiUrl: SLACK_API_URL });
const receiver = new SocketModeReceiver({
  appToken: SLACK_APP_TOKEN,
  logger,
  installerOptions: { clientOptions: clientOptions() },
  customPropertiesExtractor: ({ envelope_id: envelope, accepts_response_payload: accepts }) => ({ envelope, accepts }),
});
const app = new App({ token: SLACK_BOT_TOKEN, receiver, logger, clientOptions: clientOptions() });
app.error(async (error) => complain('listener:', error.stack ?? error));

// The link itself.
for (const kind of ['ping', 'pong']) {
  const frames = channel(`undici:websocket:${kind}`);
  const first = ({ payload }) => {
    frames.unsubscribe(first);
    tell(kind, { text: payload.toString() });
  };
  frames.subscribe(first);
}
receiver.client.on('ws_message', (data) => {
  const frame = JSON.parse(data);
  if (frame.type === 'hello') {
    tell('hello', { app: frame.connection_info.app_id, links: frame.num_connections, host: frame.debug_info.host });
  } else if (frame.type === 'disconnect') {
    tell('disconnect', { reason: frame.reason });
  }
});
receiver.client.on('outgoing_message', ({ envelope_id: envelope, payload }) => tell('ack', { envelope, payload }));

// Every envelope is told of, and handled once; when it comes again it is only acknowledged.
const seen = new Set();
app.use(async ({ ack, body, context, next }) => {
  const { accepts, botId, botUserId, enterpriseId, envelope, isEnterpriseInstall, retryNum, retryReason, teamId, userId } = context;
  const again = seen.has(envelope);
  seen.add(envelope);
  tell('envelope', {
    envelope, kind: body.type ?? 'command', again, retry: retryNum, reason: retryReason, accepts,
    team: teamId, enterprise: enterpriseId, install: isEnterpriseInstall, user: userId, bot: botUserId, bot_id: botId,
  });
  await (again ? ack() : next());
});

const plain = (text) => ({ type: 'plain_text', text });
const section = (text) => ({ type: 'section', text: { type: 'mrkdwn', text } });
const buttons = {
  type: 'actions',
  block_id: 'steer',
  elements: [{ type: 'button', action_id: 'abort', value: 'k1', style: 'danger', text: plain('Abort') }],
};
const modal = (title) => ({
  type: 'modal',
  callback_id: 'settings',
  private_metadata: 'k2',
  title: plain(title),
  submit: plain('Save'),
  close: plain('Cancel'),
  blocks: [
    {
      type: 'input', block_id: 'vm', label: plain('VM'),
      element: { type: 'external_select', action_id: 'vm.pick', min_query_length: 0, placeholder: plain('Pick one') },
    },
    {
      type: 'input', block_id: 'keep', label: plain('Days'), optional: true,
      element: { type: 'plain_text_input', action_id: 'keep.type', initial_value: '7' },
    },
  ],
});

// failing returns the error code that a call is refused with.
async function failing(call) {
  try {
    await call();
  } catch (error) {
    return `${error.code} ${error.data?.error}`;
  }
  return 'not refused';
}

const commands = {
  async card({ ack, client, command }) {
    await ack();
    client.once('rate_limited', (seconds) => tell('limited', { seconds }));
    const to = { channel: command.channel_id };
    const metadata = { event_type: 'card', event_payload: { key: 'k1' } };
    const post = await client.chat.postMessage({ ...to, text: 'Waiting', blocks: [section('*Waiting*'), buttons], metadata });
    const reply = await client.chat.postMessage({ ...to, thread_ts: post.ts, text: 'accepted' });
    const edit = await client.chat.update({ ...to, ts: post.ts, text: 'Running', blocks: [section('*Running*'), buttons] });
    const error = await failing(() => client.chat.update({ ...to, ts: post.ts, text: 'x'.repeat(4001) }));
    tell('card', {
      ts: post.ts, channel: post.channel, bot: post.message.bot_id, app: post.message.app_id, key: post.message.metadata.event_payload.key,
      reply: reply.ts, thread: reply.message.thread_ts, edit: edit.ts, text: edit.text, error, scopes: reply.response_metadata.scopes,
    });
  },

  async settings({ ack, client, command }) {
    await ack();
    const { view } = await client.views.open({ trigger_id: command.trigger_id, view: modal('Loading') });
    const again = await failing(() => client.views.open({ trigger_id: command.trigger_id, view: modal('Again') }));
    const next = await client.views.update({ view_id: view.id, hash: view.hash, view: modal('Settings') });
    const stale = await failing(() => client.views.update({ view_id: view.id, hash: view.hash, view: modal('Stale') }));
    tell('opened', {
      view: view.id, root: view.root_view_id, title: next.view.title.text, callback: next.view.callback_id, app: view.app_id, again, stale,
    });
  },

  async vms({ ack, respond }) {
    await ack();
    const { status } = await respond({ text: 'three VMs', blocks: [section('*three* VMs')] });
    await respond({ text: 'for all', response_type: 'in_channel' });
    tell('responded', { status });
  },

  // Nobody acknowledges this one before it comes again.
  async silence() {},

  async status({ ack, respond }) {
    await ack();
    await respond('all is well');
    tell('responded');
  },
};

app.command('/vmbackup', async (args) => {
  const { channel_id: place, command, text, user_id: user, user_name: name } = args.command;
  tell('command', { envelope: args.context.envelope, command, text, channel: place, user, name });
  await commands[text](args);
});

app.action({ block_id: 'steer', action_id: 'abort' }, async ({ ack, action, body, context, respond }) => {
  await ack();
  tell('action', {
    envelope: context.envelope, type: action.type, value: action.value, label: action.text.text, channel: body.channel.id, user: body.user.id,
    ts: body.message.ts, container: body.container.message_ts, key: body.message.metadata.event_payload.key, text: body.message.text,
  });
  await respond({ replace_original: true, text: 'Aborted' });
  await respond({ replace_original: false, text: 'you aborted it' });
  tell('aborted');
});

app.options({ block_id: 'vm', action_id: 'vm.pick' }, async ({ ack, context, options }) => {
  const { value, view, user } = options;
  tell('options', { envelope: context.envelope, value, view: view.id, user: user.id });
  await ack({ options: ['web01', 'web02'].map((name) => ({ text: plain(name), value: name })) });
});

app.view('settings', async ({ ack, context, view }) => {
  const { vm, keep } = view.state.values;
  const days = keep['keep.type'].value;
  tell('submission', {
    envelope: context.envelope, view: view.id, metadata: view.private_metadata, vm: vm['vm.pick'].selected_option.value, days,
  });
  await (Number(days) > 0 ? ack() : ack({ response_action: 'errors', errors: { keep: 'not a number of days' } }));
});

process.stdin.resume().once('end', () => {
  receiver.client.once('disconnected', () => tell('end', {}, () => process.exit(0)));
  app.stop();
});

await app.start();
const me = await app.client.auth.test();
tell('me', { user: me.user_id, bot: me.bot_id, team: me.team_id, enterprise: me.enterprise_id, url: me.url });
