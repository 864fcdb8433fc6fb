// resa.js measures the visits of a page, with the visitor's consent: docs/howto/measure_a_site.md says how to use it.
//
// Until consent is given, nothing is stored, no identifier is made, and nothing is sent. There is no cookie at all.
// Nothing here may slow the page down, or break it: whatever goes wrong ends in `quietly`.
//
// It is sent as it stands here: no step builds it, and nothing has to be installed to change it.
(() => {
  "use strict"

  const script = document.currentScript
  if (!(script instanceof HTMLScriptElement) || !script.src) return // <img name="currentScript"> would lead elsewhere
  if (typeof window.resa?.consent === "function") return // it runs already

  const PLACE = "resa" // in localStorage
  const IDLE = 30_000 // milliseconds: who does nothing for longer is not reading any more
  const PAUSE = 500 // milliseconds in which calls are gathered into one request
  const LONGEST_PAUSE = 300_000
  const MOST_WAITING = 500 // calls, while the collector cannot be reached
  const MOST_AT_ONCE = 20 // calls in a request
  const LONGEST_CALL = 30_000 // bytes; the collector takes 32 KB
  const LONGEST_BODY = 50_000 // bytes of calls; browsers finish requests of up to 64 KB after the page is left
  const LONGEST_NAME = 200 // characters of what an address says of a campaign: anybody may write a link
  const FILES = /\.(7z|avi|csv|dmg|docx?|epub|exe|gz|mov|mp[34]|ods|odt|pdf|pptx?|rar|tar|txt|wav|xlsx?|zip)$/i

  const settings = script.dataset
  const collector = new URL("v1/b", script.src)
  const kept = (settings.query || "").split(/[\s,]+/) // parameters of an address that may be sent

  const quietly = (act) => (...given) => {
    try {
      return act(...given)
    } catch (error) {
      console.warn("resa.js:", error)
    }
  }
  const random = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")

  // Who it is. `visitor` is null until there is consent: then {id, user}.

  let visitor = null

  const refuses = () => navigator.globalPrivacyControl === true || navigator.doNotTrack === "1"

  const remembered = () => {
    try {
      const found = JSON.parse(localStorage.getItem(PLACE))
      return typeof found?.id === "string" ? found : null
    } catch {
      return null // storage is forbidden, or holds something else
    }
  }
  const remember = () => {
    try {
      if (visitor) localStorage.setItem(PLACE, JSON.stringify(visitor))
      else localStorage.removeItem(PLACE)
    } catch {
      // storage is forbidden: it holds for this page alone
    }
  }
  const become = (next) => {
    const before = visitor
    visitor = next
    if (!visitor) waiting = []
    if (visitor && !before) {
      page = null
      view()
    }
  }

  const consent = (answer) => {
    const category = settings.consent || "analytics"
    const yes = answer === true || (typeof answer === "object" && answer?.[category] === true)
    const next = yes && !refuses() ? visitor || remembered() || { id: random() } : null
    become(next)
    remember()
  }
  const reset = () => {
    if (!visitor) return
    engage()
    visitor = { id: random() }
    remember()
  }

  // Sending: calls wait here until the collector has them, or refused them for good.

  let waiting = []
  let timer = null
  let pause = PAUSE
  let sending = false

  const size = (text) => new Blob([text]).size
  const call = (type, content) => {
    if (!visitor || !settings.key || waiting.length >= MOST_WAITING) return
    const made = JSON.stringify({
      type,
      messageId: random(),
      timestamp: new Date(),
      anonymousId: visitor.id,
      userId: visitor.user,
      ...content,
    })
    if (size(made) > LONGEST_CALL) throw new Error(`what "${content.event || type}" says is too long to be sent`)
    waiting.push(made)
    later(PAUSE)
  }
  const later = (milliseconds) => {
    timer ??= setTimeout(send, milliseconds)
  }
  const portion = () => {
    let bytes = 0
    const within = waiting.slice(0, MOST_AT_ONCE).filter((made) => (bytes += size(made)) < LONGEST_BODY)
    return waiting.splice(0, within.length)
  }
  const send = async (leaving = false) => {
    clearTimeout(timer)
    timer = null
    if (!waiting.length || (sending && !leaving)) return
    const from = waiting
    const calls = portion()
    sending = true
    const retryAfter = await post(calls)
    sending = false
    pause = retryAfter === null ? PAUSE : Math.min(Math.max(pause * 2, retryAfter * 1000), LONGEST_PAUSE)
    if (retryAfter !== null) from.unshift(...calls) // where consent was withdrawn meanwhile, nobody looks there any more
    if (waiting.length) later(pause)
  }
  // Null: there is no more to be done; else the seconds after which to try again, as far as the collector says them.
  const post = async (calls) => {
    const consent = { categoryPreferences: { [settings.consent || "analytics"]: true } } // else nothing is sent
    const context = { channel: "web", userAgent: navigator.userAgent, consent }
    if (Object.keys(campaign).length) context.campaign = campaign
    if (navigator.webdriver) context.device = { type: "bot" }
    const head = JSON.stringify({ writeKey: settings.key, sentAt: new Date(), context }).slice(0, -1)
    try {
      const answer = await fetch(collector, {
        method: "POST",
        body: `${head},"batch":[${calls}]}`, // as text/plain: browsers ask no leave for it first
        keepalive: true, // it is finished after the page is left
        credentials: "omit",
        referrerPolicy: "no-referrer",
      })
      await answer.text() // until it is read, Chromium counts the request among those of 64 KB that outlive a page
      const again = answer.status >= 500 || [408, 429].includes(answer.status)
      return again ? Number(answer.headers.get("Retry-After")) || 0 : null
    } catch {
      return 0 // no network
    }
  }

  // Pages: addresses without their parameters, which may name people; but for campaigns', and those asked for.

  let page = null // {path, search, url, title, referrer}: the one that is seen

  const plain = (address) => {
    try {
      const { origin, pathname } = new URL(address)
      return origin === "null" ? "" : origin + pathname
    } catch {
      return ""
    }
  }
  const campaign = {}
  for (const [name, value] of new URLSearchParams(location.search)) {
    const part = /^utm_(source|medium|campaign|term|content|id)$/.exec(name)?.[1]
    if (part) campaign[part === "campaign" ? "name" : part] = value.slice(0, LONGEST_NAME)
  }

  const here = () => {
    const asked = [...new URLSearchParams(location.search)].filter(([name]) => name && kept.includes(name))
    const search = asked.length ? `?${new URLSearchParams(asked)}` : ""
    return { path: location.pathname, search, url: plain(location.href) + search, title: document.title }
  }
  const view = () => {
    if (document.prerendering || !visitor) return
    const next = here()
    if (page?.url === next.url) return
    engage()
    page = { ...next, referrer: page ? page.url : plain(document.referrer) }
    call("page", { properties: page })
  }
  const viewSoon = () => setTimeout(quietly(view)) // a page that is changed by its script gets its title a moment later

  // Engaged time: while the page is seen, up to `IDLE` after each sign of life.

  let engaged = 0 // milliseconds that were not sent yet
  let since = document.hidden ? null : performance.now()

  const live = () => {
    const now = performance.now()
    if (since !== null) engaged += Math.min(now - since, IDLE)
    since = document.hidden ? null : now
  }
  const engage = () => {
    live()
    const seconds = Math.round(engaged / 100) / 10
    engaged = 0
    if (page && seconds > 0) track("page_engaged", { path: page.path, seconds })
  }

  // What is asked for: events of one's own, clicks, forms.

  const track = (event, properties) => {
    if (typeof event !== "string" || !event) throw new Error("track(name, properties) needs the name of an event")
    call("track", { event, properties })
  }
  const identify = (id, traits) => {
    if (!visitor) return
    if (!["string", "number"].includes(typeof id) || id === "") throw new Error("identify(id, traits) needs an id")
    visitor.user = String(id)
    remember()
    call("identify", { traits })
  }
  const clicked = ({ type, button, target }) => {
    if (type === "auxclick" && button !== 1) return
    const told = target.closest?.("[data-resa-event]")
    if (told) {
      const named = Object.entries(told.dataset).filter(([name]) => /^resa[A-Z]/.test(name) && name !== "resaEvent")
      const properties = named.map(([name, value]) => [name[4].toLowerCase() + name.slice(5), value])
      track(told.dataset.resaEvent, Object.fromEntries(properties))
    }
    const link = target.closest?.("a[href]")
    if (!("clicks" in settings) || !link || !/^https?:$/.test(link.protocol)) return
    const address = { host: link.host, path: link.pathname }
    if (link.hasAttribute("download") || FILES.test(link.pathname)) track("file_downloaded", address)
    else if (link.host !== location.host) track("outbound_link_clicked", address)
  }
  const submitted = ({ target }) => {
    // Attributes: `form.id` would be the field that is called id.
    const form = target.getAttribute("id") || target.getAttribute("name") || ""
    if ("forms" in settings) track("form_submitted", { form, path: location.pathname })
  }

  // The page's doings.

  const on = (target, names, act) => {
    for (const name of names.split(" ")) target.addEventListener(name, quietly(act), { capture: true, passive: true })
  }
  on(document, "click auxclick", clicked)
  on(document, "submit", submitted)
  on(document, "pointerdown pointermove keydown scroll wheel touchmove", live)
  on(document, "visibilitychange", () => {
    if (!document.hidden) return live()
    engage()
    send(true)
  })
  on(document, "prerenderingchange", view)
  on(window, "pagehide", () => {
    engage()
    send(true)
  })
  on(window, "pageshow", ({ persisted }) => {
    if (!persisted) return // it came back as it was left, by "back": the page is seen once more
    page = null
    become(refuses() ? null : remembered()) // while it was away, another page may have been refused it
    view()
  })
  on(window, "online", () => send())
  on(window, "popstate", viewSoon)
  on(window, "storage", ({ key }) => {
    if (key === PLACE || key === null) become(refuses() ? null : remembered()) // another tab was given or refused it
  })
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name]
    history[name] = function (...given) {
      original.apply(this, given)
      viewSoon()
    }
  }

  // What the page may call; calls that were pushed before this ran are made now: resa.push(["consent", true]).

  const calls = { track, identify, consent, reset }
  const push = (...pushed) => pushed.forEach(quietly(([name, ...given]) => calls[name](...given)))
  const earlier = Array.isArray(window.resa) ? window.resa : []
  window.resa = { push }
  for (const name of Object.keys(calls)) window.resa[name] = quietly(calls[name])

  if (!settings.key) console.warn("resa.js: the script has no data-key; make one with `resa keys make`")
  const found = remembered()
  if (found && refuses()) remember()
  else if (found) quietly(become)(found)
  push(...earlier)
})()
