{{/* A pod of this release, from any namespace, as a peer. Takes: root, component. */}}
{{- define "showrunner.peer" -}}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ .root.Release.Namespace }}
  podSelector:
    matchLabels:
      {{- include "showrunner.selector" . | nindent 6 }}
{{- end -}}

{{/* The rule that lets Prometheus in, where one is named. Takes: root. */}}
{{- define "showrunner.metricsRule" -}}
{{- with .root.Values.networkPolicy.metricsFrom -}}
- from:
    {{- toYaml . | nindent 4 }}
  ports:
    - port: 9090
{{- end -}}
{{- end -}}

{{/* Pods of streams, in the namespaces that are served, as peers. Takes: root, components (their names). */}}
{{- define "showrunner.streamPods" -}}
{{- $namespaces := .root.Values.watchNamespaces -}}
{{- range .components }}
- {{ if $namespaces -}}
  namespaceSelector:
    matchExpressions:
      - { key: kubernetes.io/metadata.name, operator: In, values: {{ toJson $namespaces }} }
  {{- else -}}
  namespaceSelector: {}
  {{- end }}
  podSelector:
    matchLabels:
      app.kubernetes.io/managed-by: showrunner
      app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/* The rule that lets a pod call the Kubernetes API, which is no pod that could be named. Takes: root. */}}
{{- define "showrunner.kubernetesRule" -}}
{{- with .root.Values.networkPolicy.kubernetesApi -}}
- ports:
    {{- range .ports }}
    - port: {{ . }}
    {{- end }}
  {{- with .addresses }}
  to:
    {{- range . }}
    - ipBlock: { cidr: {{ . }} }
    {{- end }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/* Names are looked up wherever the cluster's DNS runs. */}}
{{- define "showrunner.dnsRule" -}}
- ports:
    - { protocol: UDP, port: 53 }
    - { protocol: TCP, port: 53 }
{{- end -}}
