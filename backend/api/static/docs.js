"use strict";

const STORE = "authorized"; // where Swagger UI looks for who is signed in
const RENEW_BEFORE_MS = 30_000;

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
          localStorage.setItem(STORE, JSON.stringify(withoutSecrets(authorized)));
        },
      },
    },
  },
});

function expiresAt(accessToken) {
  const payload = accessToken.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
  return JSON.parse(atob(payload)).exp * 1000;
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

async function renew({ token, ...auth }) {
  const answer = await fetch("/api/v1/auth/refresh", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ refresh_token: token.refresh_token }),
  });
  if (!answer.ok) return token.access_token;
  const renewed = await answer.json();
  ui.authActions.authorizeOauth2WithPersistOption({ auth, token: renewed });
  return renewed.access_token;
}

let renewal = null; // A refresh token can be used once: all requests wait for the same renewal.

// Only as long as the page stays open: the refresh token is in its memory and nowhere else.
async function withFreshToken(request) {
  if (!request.headers.Authorization?.startsWith("Bearer ")) return request;
  const sent = request.headers.Authorization.slice("Bearer ".length);
  const entries = Object.values(ui.authSelectors.authorized().toJS());
  const entry = entries.find(({ token }) => token?.refresh_token && token.access_token === sent);
  if (!entry || expiresAt(entry.token.access_token) > Date.now() + RENEW_BEFORE_MS) return request;
  renewal ??= renew(entry).finally(() => (renewal = null));
  request.headers.Authorization = `Bearer ${await renewal}`;
  return request;
}

const NEEDED = "/problems/second-factor-needed";

function send(path, body) {
  const headers = { "Content-Type": "application/json" };
  const options = { method: "POST", headers, body: JSON.stringify(body) };
  return fetch(`/api/v1/auth/second-factor/${path}`, options);
}

// Asks for a code, and returns what Swagger UI takes for the answer to the password.
async function withSecondFactor(response) {
  if (response.status !== 401 || !response.url.endsWith("/api/v1/auth/token")) return response;
  const { type, challenge, needs_setup } = JSON.parse(response.text);
  if (type !== NEEDED) return response;
  const setup = needs_setup ? await (await send("begin", { challenge })).json() : null;
  const add = setup ? `Add this key to an authenticator app: ${setup.secret}\n` : "";
  const code = window.prompt(`${add}The code of your second factor, or a recovery code:`);
  if (!code) return response;
  const answer = await send("answer", { challenge, code });
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
  requestInterceptor: withFreshToken,
  responseInterceptor: withSecondFactor,
  plugins: [PersistWithoutSecrets, ResolveOnlyWhatIsShown],
});
