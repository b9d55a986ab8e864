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

{{/* Names are looked up wherever the cluster's DNS runs. */}}
{{- define "showrunner.dnsRule" -}}
- ports:
    - { protocol: UDP, port: 53 }
    - { protocol: TCP, port: 53 }
{{- end -}}
