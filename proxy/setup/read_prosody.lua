-- Reads Prosody's configuration by Prosody's own code, and prints what "portcullis setup" needs to
-- know. Nothing is changed. Standard input, a line each: a mark that comes before the answer, the
-- folder of Prosody's code, the configuration file, and how many files are read as if they were
-- there already; then for each of those its path, its size, and its text.
local mark, source, main = io.read("*l"), io.read("*l"), io.read("*l")
local planned, order = {}, {}
for _ = 1, tonumber(io.read("*l")) do
  local path = io.read("*l")
  local size = tonumber(io.read("*l"))
  planned[path] = size > 0 and io.read(size) or ""
  order[#order + 1] = path
end

package.path = source .. "/?.lua;" .. package.path
package.cpath = source .. "/?.so;" .. package.cpath
if not pcall(require, "prosody.loader") then pcall(require, "loader") end
local config = require "core.configmanager"
-- Since Prosody 13: what systemd gives the service only is unknown here, which must not stop us.
if config.set_credential_fallback_mode then config.set_credential_fallback_mode("warn") end

local open = io.open
io.open = function(path, ...)
  local text = planned[path]
  if not text then return open(path, ...) end
  return { read = function() return text end, close = function() return true end }
end
-- A planned file comes first: the order of a folder is not known before the file is in it, so it is
-- judged where every other file can overrule it.
local has_lfs, lfs = pcall(require, "lfs")
if has_lfs then
  local list = lfs.dir
  lfs.dir = function(folder)
    local names, seen = {}, {}
    local function add(name)
      if not seen[name] then names[#names + 1] = name end
      seen[name] = true
    end
    for _, path in ipairs(order) do
      local parent, name = path:match("^(.*)/([^/]+)$")
      if parent == folder:gsub("/+$", ""):gsub("//+", "/") then add(name) end
    end
    for name in list(folder) do add(name) end
    local at = 0
    return function()
      at = at + 1
      return names[at]
    end
  end
end

local function quoted(text)
  return '"' .. tostring(text):gsub('[%c"\\\127]', function(c)
    return ("\\u%04x"):format(c:byte())
  end) .. '"'
end
-- A value as text that is the same for the same value.
local function literal(value, depth)
  depth = depth or 0
  if type(value) == "string" then return quoted(value) end
  if type(value) ~= "table" then
    return (type(value) == "function" or type(value) == "userdata") and type(value) or tostring(value)
  end
  if depth > 8 then return "..." end
  local parts = {}
  for _, one in ipairs(value) do parts[#parts + 1] = literal(one, depth + 1) end
  local named = {}
  for key, one in pairs(value) do
    if type(key) ~= "number" or key < 1 or key > #value then
      named[#named + 1] = tostring(key) .. " = " .. literal(one, depth + 1)
    end
  end
  table.sort(named)
  for _, one in ipairs(named) do parts[#parts + 1] = one end
  return "{ " .. table.concat(parts, ", ") .. " }"
end
local function list(texts)
  local parts = {}
  for _, text in ipairs(texts) do parts[#parts + 1] = quoted(text) end
  return "[" .. table.concat(parts, ",") .. "]"
end
local function fail(text)
  io.stdout:write("\n", mark, '{"error":', quoted(text), "}\n")
  os.exit(0)
end
local function strings(value)
  local found = {}
  if type(value) == "table" then
    for _, one in ipairs(value) do
      if type(one) == "string" then found[#found + 1] = one end
    end
  end
  return found
end

-- What the planned files say by themselves.
local alone = {}
for _, path in ipairs(order) do
  if planned[path]:find("^%-%- Portcullis") then
    local ok, kind, why = config.load(path, "lua")
    if not ok then fail(tostring(why or kind)) end
    for key, value in pairs(config.getconfig()["*"]) do alone[key] = literal(value) end
  end
end

local ok, kind, why = config.load(main, "lua")
if not ok then fail(tostring(why or kind)) end
local all = config.getconfig()
local files = {}
for _, path in ipairs(config.files()) do
  if not files[path] then files[#files + 1] = path end
  files[path] = true
end
table.sort(files)

-- FILE:LINE of the settings of that name; comments are not looked at.
local function places(name)
  local found = {}
  for _, path in ipairs(files) do
    local file = not planned[path] and open(path)
    local number = 0
    for line in file and file:lines() or function() end do
      number = number + 1
      if line:find("^%s*" .. name .. "%s*=") and #found < 8 then
        found[#found + 1] = path .. ":" .. number
      end
    end
    if file then file:close() end
  end
  return found
end

local hosts, modules, lost = {}, {}, {}
local names = {}
for name in pairs(all) do
  if name ~= "*" and config.get(name, "enabled") ~= false then names[#names + 1] = name end
end
table.sort(names)
local function note_modules(host)
  for _, module in ipairs(strings(config.rawget(host, "modules_enabled"))) do
    if not modules[module] then modules[#modules + 1] = module end
    modules[module] = true
  end
end
note_modules("*")
for _, name in ipairs(names) do
  note_modules(name)
  local module = config.rawget(name, "component_module")
  hosts[#hosts + 1] = ('{"name":%s,"component":%s}'):format(quoted(name), quoted(module or ""))
end
local function note_lost(key, host, value)
  lost[#lost + 1] = ('{"key":%s,"host":%s,"value":%s,"places":%s}'):format(
    quoted(key), quoted(host), quoted(value), list(places(key)))
end
local keys = {}
for key in pairs(alone) do keys[#keys + 1] = key end
table.sort(keys)
for _, key in ipairs(keys) do
  local value = literal(rawget(all["*"], key))
  if value ~= alone[key] then note_lost(key, "", value) end
  for _, name in ipairs(names) do
    local own = config.rawget(name, key)
    if own ~= nil and literal(own) ~= alone[key] then note_lost(key, name, literal(own)) end
  end
end
if #order > 0 then
  for _, name in ipairs(names) do
    local own = config.rawget(name, "ssl")
    if own ~= nil then note_lost("ssl", name, literal(own)) end
  end
end

-- What stays strict although the gate only observes.
local strict = {}
local function note_strict(host, key, value)
  if value ~= nil then strict[#strict + 1] = host .. " has " .. key .. " = " .. literal(value) end
end
note_strict("your configuration", "s2s_secure_domains", rawget(all["*"], "s2s_secure_domains"))
for _, name in ipairs(names) do
  note_strict(name, "s2s_secure_domains", config.rawget(name, "s2s_secure_domains"))
  local disabled = config.rawget(name, "modules_disabled")
  for _, module in ipairs(strings(disabled)) do
    if module == "dialback" then note_strict(name, "modules_disabled", disabled) end
  end
end

-- By name, because others may hold passwords.
local settings = {}
for _, key in ipairs { "interfaces", "c2s_ports", "s2s_ports", "c2s_direct_tls_ports",
  "s2s_direct_tls_ports", "legacy_ssl_ports", "https_ports", "https_interfaces", "http_interfaces",
  "proxy65_interfaces", "ports", "ssl_ports" } do
  local value = literal(rawget(all["*"], key))
  if value ~= "nil" and #value < 4096 then
    settings[#settings + 1] = quoted(key) .. ":" .. quoted(value)
  end
end
io.stdout:write("\n", mark, '{"files":', list(files),
  ',"hosts":[', table.concat(hosts, ","),
  '],"modules":', list(modules),
  ',"disabled":', list(strings(config.get("*", "modules_disabled"))),
  ',"settings":{', table.concat(settings, ","),
  '},"unbound":', tostring(pcall(require, "lunbound")),
  ',"strict":', list(strict),
  ',"lost":[', table.concat(lost, ","), "]}\n")
