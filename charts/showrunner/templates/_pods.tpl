{{/* `pods` of all, each value replaced whole by the component's where that has one, be it empty. Takes: root, component, values. */}}
{{- define "showrunner.pods" -}}
{{- $pods := deepCopy .root.Values.pods -}}
{{- range $name, $value := .values.pods -}}
{{- $_ := set $pods $name $value -}}
{{- end -}}
{{ toYaml $pods }}
{{- end -}}

{{/* Metadata of a component's pods; no versions, so that pods stay where nothing of theirs changes. Takes: root, component, values, annotations (of the chart). */}}
{{- define "showrunner.podMetadata" -}}
{{- $pods := include "showrunner.pods" . | fromYaml -}}
labels:
  {{- merge (include "showrunner.selector" . | fromYaml) $pods.labels | toYaml | nindent 2 }}
{{- with merge (.annotations | default dict) $pods.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Pod Security Standard "restricted", and who may pull. Takes: root. */}}
{{- define "showrunner.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "showrunner.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/* The part of a pod that says who it is, where it may run and what it may do. Takes: root, component, values, kubernetes (whether it talks to the API). */}}
{{- define "showrunner.podSpec" -}}
{{- $pods := include "showrunner.pods" . | fromYaml -}}
serviceAccountName: {{ include "showrunner.fullname" .root }}-{{ .component }}
automountServiceAccountToken: {{ .kubernetes }}
enableServiceLinks: false
{{- include "showrunner.podSecurity" . | nindent 0 }}
{{- with $pods.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $pods.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pods.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pods.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- with $pods.topologySpreadConstraints }}
  {{- toYaml . | nindent 2 }}
  {{- else }}
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "showrunner.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
  {{- end }}
{{- end -}}

{{/* The part of a container that is the same in all. Takes: root, image, values. */}}
{{- define "showrunner.container" -}}
image: {{ include "showrunner.image" . }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- include "showrunner.containerSecurity" . | nindent 0 }}
livenessProbe:
  httpGet: { path: /healthz, port: ops }
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet: { path: /readyz, port: ops }
  periodSeconds: 2
  timeoutSeconds: 2
{{- with .values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Environment of every component. Takes: root. */}}
{{- define "showrunner.environment" -}}
- name: SHOWRUNNER_LOG_LEVEL
  value: {{ .root.Values.logLevel }}
- name: SHOWRUNNER_CLUSTER_DOMAIN
  value: {{ .root.Values.clusterDomain }}
- name: SHOWRUNNER_OPS_PORT
  value: "9090"
{{- end -}}
