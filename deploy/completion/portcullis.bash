# bash completion for portcullis
# shellcheck shell=bash
# Written from the table of commands by "cmake --build BUILD --target docs".

_portcullis_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

_portcullis_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_portcullis() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]} first=2
  COMPREPLY=()
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if ((COMP_CWORD == 1)); then
    _portcullis_words 'run setup check doctor reload enforce status debug drain healthcheck egress explain probe report verify-cert version config backend ca --help --version' "$word"
    return
  fi
  if [[ $command == status ]]; then
    if ((COMP_CWORD == 2)); then
      _portcullis_words 'streams close --help --config --json --watch' "$word"
      return
    fi
    if [[ ${COMP_WORDS[2]} != -* ]]; then
      command+=" ${COMP_WORDS[2]}"
      first=3
    fi
  fi
  if [[ $command == config ]]; then
    if ((COMP_CWORD == 2)); then
      _portcullis_words 'show schema --help' "$word"
      return
    fi
    command+=" ${COMP_WORDS[2]}"
    first=3
  fi
  if [[ $command == backend ]]; then
    if ((COMP_CWORD == 2)); then
      _portcullis_words 'trust --help' "$word"
      return
    fi
    command+=" ${COMP_WORDS[2]}"
    first=3
  fi
  if [[ $command == ca ]]; then
    if ((COMP_CWORD == 2)); then
      _portcullis_words 'init show --help' "$word"
      return
    fi
    command+=" ${COMP_WORDS[2]}"
    first=3
  fi
  case $command in
    'run')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
        --log-format) _portcullis_words 'auto text json' "$word"; return ;;
        --notify-fd) :; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --log-format --take-over --notify-fd --help' "$word"
      fi ;;
    'setup')
      ((COMP_CWORD > first)) && case $before in
        --domain) :; return ;;
        --backend) _portcullis_words 'prosody ejabberd openfire jabberd2 other' "$word"; return ;;
        --server-config) _portcullis_files -f "$word"; return ;;
        --config | -c) _portcullis_files -f "$word"; return ;;
        --acme-dir) _portcullis_files -d "$word"; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--domain --backend --observe --enforce --server-config --config -c --acme-dir --apply --undo --dry-run --yes --help' "$word"
      fi ;;
    'check')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --quiet -q --online --help' "$word"
      fi ;;
    'doctor')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
        --only) _portcullis_words 'configuration clock certificates limits ports exposure capture records backend clients' "$word"; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --json --only --help' "$word"
      fi ;;
    'config show')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --changed --help' "$word"
      fi ;;
    'config schema')
      if [[ $word == -* ]]; then
        _portcullis_words '--help' "$word"
      fi ;;
    'reload')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --upgrade --help' "$word"
      fi ;;
    'enforce')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
        --log) _portcullis_files -f "$word"; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --log --yes --json --help' "$word"
      fi ;;
    'status')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --json --watch --help' "$word"
      fi ;;
    'status streams')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
        --domain) :; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --domain --json --watch --help' "$word"
      fi ;;
    'status close')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
        --reason) :; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --reason --help' "$word"
      else
        :
      fi ;;
    'debug')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
        --for) :; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --for --help' "$word"
      else
        :
      fi ;;
    'drain')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
        --notice) :; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --now --notice --help' "$word"
      fi ;;
    'healthcheck')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --help' "$word"
      fi ;;
    'egress')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --check --install --remove --help' "$word"
      fi ;;
    'backend trust')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --yes --help' "$word"
      else
        :
      fi ;;
    'explain')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
        --cert) _portcullis_files -f "$word"; return ;;
        --local) :; return ;;
        --tls) _portcullis_words '1.2 1.3' "$word"; return ;;
        --at) :; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --cert --local --tls --at --json --help' "$word"
      else
        _portcullis_words 'plaintext_refused starttls_not_offered starttls_injection unsupported_version host_unknown bad_address name_ambiguous federation_denied neighbour_denied tls_version_too_low tls_no_forward_secrecy tls_no_common_suite tls_failed alpn_mismatch direct_tls_refused cert_missing cert_malformed self_signed untrusted_issuer missing_intermediate expired not_yet_valid chain_expired chain_invalid wrong_purpose name_constraint name_missing name_mismatch weak_key weak_signature revoked revocation_unknown pin_mismatch dialback_attempted external_not_offered authzid_mismatch identity_changed unauthenticated_stanza address_spoofed refused_by_peer unasked_answer xml_restricted xml_invalid stanza_too_big stanza_too_slow negotiation_timeout negotiation_too_long rate_limited too_many_streams too_much_held memory_short out_of_descriptors internal_error backend_unavailable backend_misconfigured backend_without_tls backend_without_binding refused_by_backend backend_stopping not_the_backend backend_changed backend_too_strict local_ca_unavailable bad_onion_name onion_without_proxy socks_proxy_failed no_such_service dns_failed dns_timeout peer_unreachable address_refused dial_limit peer_left closed_by_operator shutting_down' "$word"
      fi ;;
    'probe')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
        --local) :; return ;;
        --via) :; return ;;
        --trust-anchors) _portcullis_files -f "$word"; return ;;
        --timeout) :; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--config -c --c2s --local --via --trust-anchors --timeout --json --help' "$word"
      else
        :
      fi ;;
    'report')
      ((COMP_CWORD > first)) && case $before in
        --config | -c) _portcullis_files -f "$word"; return ;;
        --days) :; return ;;
        --by) _portcullis_words 'reason domain' "$word"; return ;;
        --format) _portcullis_words 'text markdown html json' "$word"; return ;;
        --since) :; return ;;
        --organization) :; return ;;
        --contact) :; return ;;
        --probes) _portcullis_files -f "$word"; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--as-config --config -c --days --by --format --since --organization --contact --probes --help' "$word"
      else
        _portcullis_files -f "$word"
      fi ;;
    'verify-cert')
      ((COMP_CWORD > first)) && case $before in
        --leaf) _portcullis_files -f "$word"; return ;;
        --intermediates) _portcullis_files -f "$word"; return ;;
        --roots) _portcullis_files -f "$word"; return ;;
        --name) :; return ;;
        --at) :; return ;;
        --role) _portcullis_words 'server client' "$word"; return ;;
        --max-depth) :; return ;;
        --crls) _portcullis_files -f "$word"; return ;;
      esac
      if [[ $word == -* ]]; then
        _portcullis_words '--leaf --intermediates --roots --name --at --role --max-depth --crls --help' "$word"
      fi ;;
    'ca init')
      if [[ $word == -* ]]; then
        _portcullis_words '--help' "$word"
      else
        _portcullis_files -d "$word"
      fi ;;
    'ca show')
      if [[ $word == -* ]]; then
        _portcullis_words '--help' "$word"
      else
        _portcullis_files -d "$word"
      fi ;;
    'version')
      if [[ $word == -* ]]; then
        _portcullis_words '--help' "$word"
      fi ;;
  esac
}

complete -F _portcullis portcullis
