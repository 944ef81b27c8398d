"use strict";

const STORE = "authorized"; // where Swagger UI looks for who is signed in
const RENEW_BEFORE_MS = 30_000;
const LOOK_EVERY_MS = 10_000;

// What stays after a reload is the access token alone: short-lived, and no way to a new one.
// An API key, the value of its entry, stays in the memory of the page.
function withoutSecrets(authorized) {
  const kept = {};
  for (const [name, entry] of Object.entries(authorized)) {
    const { password, clientSecret, token, ...rest } = entry;
    if (!token) continue;
    const { refresh_token, ...access } = token;
    kept[name] = { ...rest, token: access };
  }
  return kept;
}

const PersistWithoutSecrets = () => ({
  statePlugins: {
    auth: {
      wrapActions: {
        persistAuthorizationIfNeeded: (original, system) => () => {
          const authorized = system.authSelectors.authorized().toJS();
          noteArrivals(authorized);
          if (Object.keys(authorized).length) document.getElementById(NOTICE)?.remove();
          localStorage.setItem(STORE, JSON.stringify(withoutSecrets(authorized)));
        },
      },
    },
  },
});

const arrivals = new Map(); // When tokens came, as the clocks of server and browser may differ.

function noteArrivals(authorized) {
  for (const { token } of Object.values(authorized)) {
    if (token?.refresh_token && !arrivals.has(token.access_token)) {
      arrivals.clear(); // Nobody asks for those that this one replaces.
      arrivals.set(token.access_token, Date.now());
    }
  }
}

function expiresAt(accessToken) {
  const payload = accessToken.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
  const { iat, exp } = JSON.parse(atob(payload));
  const arrived = arrivals.get(accessToken);
  return arrived === undefined ? exp * 1000 : arrived + (exp - iat) * 1000;
}

function forgetExpired() {
  try {
    const entries = Object.values(JSON.parse(localStorage.getItem(STORE)) ?? {});
    if (entries.every(({ token }) => expiresAt(token.access_token) > Date.now())) return;
  } catch {
    // Not something that we have written: forget it too.
  }
  localStorage.removeItem(STORE);
}

// The entry of who has signed in, if it is their token; an API key has none.
function entryOf(accessToken) {
  const entries = Object.values(ui.authSelectors.authorized().toJS());
  return entries.find(({ token }) => token?.access_token === accessToken);
}

function isPast(accessToken) {
  return expiresAt(accessToken) <= Date.now() + RENEW_BEFORE_MS;
}

const NOTICE = "session-ended";

function sayThatItHasEnded({ name }) {
  ui.authActions.logoutWithPersistOption([name]);
  const notice = document.createElement("p");
  notice.id = NOTICE;
  notice.setAttribute("role", "alert");
  notice.textContent = "Your session has ended. Press Authorize to sign in again.";
  document.getElementById(NOTICE)?.remove();
  document.body.prepend(notice);
}

// Returns the new access token; null if the session has ended.
async function renew({ token, ...auth }) {
  const answer = await fetch("/api/v1/auth/refresh", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ refresh_token: token.refresh_token }),
  });
  if (answer.status === 401) {
    sayThatItHasEnded(auth);
    return null;
  }
  // The server is busy or away: what there is may still do, and the next request tries again.
  if (!answer.ok) return token.access_token;
  const renewed = await answer.json();
  ui.authActions.authorizeOauth2WithPersistOption({ auth, token: renewed });
  return renewed.access_token;
}

let renewal = null; // A refresh token can be used once: all requests wait for the same renewal.

function renewOnce(entry) {
  renewal ??= renew(entry).finally(() => (renewal = null));
  return renewal;
}

// Only as long as the page stays open: the refresh token is in its memory and nowhere else.
async function withFreshToken(request) {
  if (!request.headers.Authorization?.startsWith("Bearer ")) return request;
  const entry = entryOf(request.headers.Authorization.slice("Bearer ".length));
  if (!entry) return request;
  if (entry.token.refresh_token && isPast(entry.token.access_token)) {
    const fresh = await renewOnce(entry);
    if (fresh === null) delete request.headers.Authorization;
    else request.headers.Authorization = `Bearer ${fresh}`;
  }
  request.responseInterceptor = (response) => noticingTheEnd(response, request);
  return request;
}

// A token that is refused although it has not expired: the session was ended elsewhere.
async function noticingTheEnd(response, request) {
  const sent = request.headers.Authorization?.slice("Bearer ".length);
  const entry = response.status === 401 && sent ? entryOf(sent) : null;
  if (entry?.token.refresh_token) await renewOnce(entry);
  else if (entry) sayThatItHasEnded(entry);
  return response;
}

// So that a reload after a long time finds a token that has not expired. A sleeping machine runs
// no timers: look again when the page is shown.
async function keepSignedIn() {
  const entries = Object.values(ui.authSelectors.authorized().toJS());
  const due = entries.find(({ token }) => token?.refresh_token && isPast(token.access_token));
  if (due && !document.hidden) await renewOnce(due).catch(() => null);
}

const STREAM = "text/event-stream";
const LISTEN_MS = 10_000;

// Swagger UI shows an answer when it has ended, and what follows events may never end: show what
// came in a while. A browser has few connections to a server, so this one is let go.
async function fetchForAWhile(url, request) {
  const answer = await fetch(url, request);
  if (!answer.headers.get("Content-Type")?.startsWith(STREAM)) return answer;
  const reader = answer.body.getReader();
  const timer = setTimeout(() => reader.cancel(), LISTEN_MS);
  const came = [];
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      came.push(part.value);
    }
  } finally {
    clearTimeout(timer);
  }
  const { status, statusText, headers } = answer;
  return new Response(new Blob(came), { status, statusText, headers });
}

function prepare(request) {
  // What a POST streams is an answer of the assistant, and ends.
  if (request.method === "GET") request.userFetch = fetchForAWhile;
  return withFreshToken(request);
}

const NEEDED = "/problems/second-factor-needed";

function send(path, body) {
  const headers = { "Content-Type": "application/json" };
  const options = { method: "POST", headers, body: JSON.stringify(body) };
  return fetch(`/api/v1/auth/second-factor/${path}`, options);
}

// What a passkey signs; null if there is none at hand, or none can be asked for at this address.
async function usePasskey() {
  const asked = await fetch("/api/v1/auth/passkeys/options", { method: "POST" });
  const { public_key } = await asked.json();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(public_key);
  return (await navigator.credentials.get({ publicKey })).toJSON();
}

// Asks for a passkey or a code, and returns what Swagger UI takes for the answer to the password.
async function withSecondFactor(response) {
  if (response.status !== 401 || !response.url.endsWith("/api/v1/auth/token")) return response;
  const { type, challenge, needs_setup, has_passkey } = JSON.parse(response.text);
  if (type !== NEEDED) return response;
  const passkey = has_passkey ? await usePasskey().catch(() => null) : null;
  if (passkey) return answered(response, await send("answer", { challenge, passkey }));
  const setup = needs_setup ? await (await send("begin", { challenge })).json() : null;
  const add = setup ? `Add this key to an authenticator app: ${setup.secret}\n` : "";
  const code = window.prompt(`${add}The code of your second factor, or a recovery code:`);
  if (!code) return response;
  return answered(response, await send("answer", { challenge, code }));
}

async function answered(response, answer) {
  const text = await answer.text();
  const body = JSON.parse(text);
  if (body.recovery_codes) window.alert(`Keep your recovery codes:\n${body.recovery_codes.join("\n")}`);
  const { ok, status, statusText } = answer;
  return { ...response, ok, status, statusText, text, data: text, body, obj: body };
}

const COMPONENT = "#/components/";
const resolvedComponents = new Map();

// Each reference of our document leads to one of its components. What refers to itself stays as it is.
function resolve(spec, part) {
  if (part === null || typeof part !== "object") return part;
  if (Array.isArray(part)) return part.map((each) => resolve(spec, each));
  const { $ref: reference, ...beside } = part;
  if (typeof reference === "string" && reference.startsWith(COMPONENT)) {
    if (!resolvedComponents.has(reference)) {
      resolvedComponents.set(reference, part);
      const [section, name] = reference.slice(COMPONENT.length).split("/");
      // Swagger UI calls a schema by its title alone.
      const title = section === "schemas" ? { title: name } : {};
      const component = resolve(spec, spec.components[section][name]);
      resolvedComponents.set(reference, { ...title, ...component });
    }
    return { ...resolvedComponents.get(reference), ...resolve(spec, beside) };
  }
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, resolve(spec, value)]));
}

// Swagger UI's own resolver takes the whole document apart, at first and for each operation.
const ResolveOnlyWhatIsShown = () => ({
  fn: {
    resolveSubtree: async (spec, path) => {
      const part = path.reduce((node, key) => node?.[key], spec);
      return { spec: resolve(spec, part), errors: [] };
    },
  },
});

forgetExpired();
const ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "none",
  filter: true,
  defaultModelsExpandDepth: -1,
  persistAuthorization: true,
  validatorUrl: null,
  requestInterceptor: prepare,
  responseInterceptor: withSecondFactor,
  plugins: [PersistWithoutSecrets, ResolveOnlyWhatIsShown],
});
setInterval(keepSignedIn, LOOK_EVERY_MS);
document.addEventListener("visibilitychange", keepSignedIn);
