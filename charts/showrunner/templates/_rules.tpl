{{/* Made from charts/generate/component-rules.ts by `npm run generate`; do not edit. */}}

{{- define "showrunner.operatorRules" -}}
# What is to run.
- apiGroups: ["showrunner.dev"]
  resources: [livestreams]
  verbs: [list, watch]
# How each stream stands, the hashes of its keys, and where its ingest pod starts.
- apiGroups: ["showrunner.dev"]
  resources: [livestreams/status]
  verbs: [patch]
# Sees, when a pod is deleted, whether all of the namespace is; then the show is not waited for.
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get]
# Sees when there is room for streams that wait for it.
- apiGroups: [""]
  resources: [resourcequotas]
  verbs: [list, watch]
# Makes the Secrets of streams. Reads the stream keys that streams name; of all other Secrets it asks for the metadata alone.
- apiGroups: [""]
  resources: [secrets]
  verbs: [create, delete, get, list, patch, watch]
# How the front door and viewers reach the pods of a stream.
- apiGroups: [""]
  resources: [services]
  verbs: [create, delete, get, list, patch, watch]
# The pods of a stream.
- apiGroups: ["apps"]
  resources: [deployments]
  verbs: [create, delete, get, list, patch, watch]
# Keeps the pods of a running show where they are.
- apiGroups: ["policy"]
  resources: [poddisruptionbudgets]
  verbs: [create, delete, get, list, patch, watch]
# Sees why a pod does not start; marks pods of running shows as not safe to evict.
- apiGroups: [""]
  resources: [pods]
  verbs: [list, patch, watch]
# Tells the story of a show on kubectl describe.
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{- define "showrunner.leaderRules" -}}
# Which of several operators leads.
- apiGroups: ["coordination.k8s.io"]
  resources: [leases]
  verbs: [create, get, update]
{{- end -}}

{{- define "showrunner.frontDoorRules" -}}
# Finds the stream of a key by the hash in its status. It reads no Secret.
- apiGroups: ["showrunner.dev"]
  resources: [livestreams]
  verbs: [list, watch]
{{- end -}}

{{- define "showrunner.webRules" -}}
# Shows live streams on the pages and in the API.
- apiGroups: ["showrunner.dev"]
  resources: [livestreams]
  verbs: [list, watch]
{{- end -}}
