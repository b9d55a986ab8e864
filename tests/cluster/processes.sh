# The cluster's processes by their pid files, and the locks of the scripts that work on them.
PIDS=$CLUSTER_HOME/run
LOGS=$CLUSTER_HOME/logs

# One script at a time builds, and one at a time starts and stops; who does not build need not wait for who does.
lock() { # build or run
  mkdir -p "$CLUSTER_HOME"
  exec 9>"$CLUSTER_HOME/$1.lock"
  flock -n 9 || { echo "waiting for another script that holds $CLUSTER_HOME/$1.lock" >&2; flock 9; }
}

# A pid may have been given to a stranger since, after a restart of the machine: the program must be ours too.
is_running() { # program
  local pid
  pid=$(cat "$PIDS/$1.pid" 2>/dev/null) && [[ $(readlink "/proc/$pid/exe") == */"$1"?(" (deleted)") ]]
}

# What was started and is no more; one that is on its way to become its program is there.
has_ended() { # program
  local pid
  pid=$(cat "$PIDS/$1.pid" 2>/dev/null) && [ -z "$(readlink "/proc/$pid/exe")" ]
}

# In a session of its own, so that Ctrl-C stops the script alone. It writes its pid before it becomes the program, so that
# an interrupted script leaves no process behind that nobody knows. It must not inherit the lock.
start() { # program, argument…
  is_running "$1" && return
  mkdir -p "$PIDS" "$LOGS"
  setsid nohup bash -c 'echo $$ >"$0"; exec "$@"' "$PIDS/$1.pid" "$@" >"$LOGS/$1.log" 2>&1 </dev/null 9>&- &
}

stop() { # program…: all at once
  local program
  for program in "$@"; do is_running "$program" && kill "$(cat "$PIDS/$program.pid")"; done
  for program in "$@"; do
    # Not `kill -0`: it finds a dead process too, until somebody has asked for its end.
    for _ in $(seq 60); do is_running "$program" || break; sleep 0.05; done
    is_running "$program" && kill -9 "$(cat "$PIDS/$program.pid")"
    rm -f "$PIDS/$program.pid"
  done
}
