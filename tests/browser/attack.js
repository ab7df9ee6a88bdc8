// What a page of another origin would try on a Rollcall that runs on this machine: to make things, in every way that
// a page has, and to read. Ends with the addresses that it could read, once all of it is over.
const [aws, api, readKey, webhook, code, done] = arguments;
const read = [];

const signed = (service, headers) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=test/20261126/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
  ...headers,
});
const asJson = { "content-type": "application/json" };
const asPlain = { "content-type": "text/plain" };
const targets = (service, target) =>
  signed(service, { "x-amz-target": target, "content-type": "application/x-amz-json-1.1" });
const stolen = (name) =>
  JSON.stringify({
    FunctionName: `stolen-${name}`,
    Runtime: "python3.13",
    Role: "arn:aws:iam::000000000000:role/stolen",
    Handler: "app.handler",
    Code: { ZipFile: code },
  });
const queue = (name) => `Action=CreateQueue&QueueName=stolen-${name}`;
const join = (user) =>
  JSON.stringify({
    schema: "pubnub.com/schemas/events/presence.user.channel.joined?v=1.0.0",
    data: [{ id: user, channel: "stolen", userId: user, timestamp: Date.now() }],
  });
const bearer = { authorization: `Bearer ${readKey}` };

const asked = [
  [`${aws}/`, { method: "POST", headers: targets("secretsmanager", "secretsmanager.ListSecrets"), body: "{}" }],
  [`${aws}/`, { method: "POST", headers: targets("dynamodb", "DynamoDB_20120810.ListTables"), body: "{}" }],
  [`${aws}/`, { method: "POST", headers: asPlain, body: queue("plain") }],
  [`${aws}/`, { method: "POST", body: new URLSearchParams(queue("form")) }],
  [`${aws}/?${queue("get")}`, {}],
  [`${aws}/?${queue("signed-get")}`, { headers: signed("sqs") }],
  [`${aws}/2015-03-31/functions`, { method: "POST", headers: signed("lambda", asJson), body: stolen("signed") }],
  [`${aws}/2015-03-31/functions`, { method: "POST", headers: asPlain, body: stolen("plain") }],
  [`${aws}/2015-03-31/functions/`, {}],
  [`${aws}/2015-03-31/functions/`, { headers: signed("lambda") }],
  [`${aws}/stolen-bucket`, { method: "PUT", headers: signed("s3") }],
  [`${aws}/_ministack/health`, {}],
  [`${aws}/_ministack/ready`, {}],
  [`${api}/intake`, { headers: bearer }],
  [`${api}/openapi.json`, {}],
  [`${api}/console`, {}],
  [webhook, { method: "POST", headers: asPlain, body: join("by-fetch") }],
  [webhook, {}],
];

async function ask([url, options]) {
  for (const mode of ["cors", "no-cors"]) {
    try {
      const answer = await fetch(url, { ...options, mode });
      if (answer.ok) read.push(`${options.method ?? "GET"} ${url}: ${(await answer.text()).slice(0, 80)}`);
    } catch {
      // The browser keeps the answer to itself; whether the request had an effect is asked elsewhere.
    }
  }
}

// The page may be XML, in which a plain createElement makes nothing that loads.
const element = (name, properties) =>
  Object.assign(document.createElementNS("http://www.w3.org/1999/xhtml", name), properties);

function over(element) {
  return new Promise((resolve) => {
    element.onload = element.onerror = resolve;
    setTimeout(resolve, 2000); // nothing is told of a frame that the browser refuses to show
  });
}

function load(name, url) {
  const loading = element(name, { src: url });
  const end = over(loading);
  document.documentElement.append(loading);
  return end;
}

function submit(url, type, fields) {
  const frame = element("iframe", { name: `frame-${Math.random()}` });
  const form = element("form", { action: url, method: "POST", enctype: type, target: frame.name });
  for (const [name, value] of Object.entries(fields)) form.append(element("input", { name, value }));
  document.documentElement.append(frame, form);
  const end = over(frame);
  form.submit();
  return end;
}

// As text/plain a form sends name=value: so all but the end of the JSON becomes the name.
const asField = (json) => ({ [`${json.slice(0, -1)},"x":"`]: '"}' });

function open(url) {
  const socket = new WebSocket(url.replace("http", "ws"));
  return new Promise((resolve) => {
    socket.onopen = () => resolve(read.push(`WebSocket ${url}`));
    socket.onerror = resolve;
  });
}

async function attack() {
  for (const one of asked) await ask(one);
  for (const name of ["img", "script", "iframe"]) await load(name, `${aws}/?${queue(name)}`);
  await submit(`${aws}/`, "application/x-www-form-urlencoded", { Action: "CreateQueue", QueueName: "stolen-submit" });
  await submit(`${aws}/2015-03-31/functions`, "text/plain", asField(stolen("submit")));
  await submit(webhook, "text/plain", asField(join("by-form")));
  await open(`${api}/console`);
  done(read);
}

attack();
