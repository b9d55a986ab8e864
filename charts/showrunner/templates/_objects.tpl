{{/* Objects that several components have alike. All take: root, component, values. */}}

{{- define "showrunner.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "showrunner.metadata" . | nindent 2 }}
automountServiceAccountToken: false
{{- end -}}

{{- define "showrunner.podDisruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "showrunner.metadata" . | nindent 2 }}
spec:
  maxUnavailable: {{ (include "showrunner.pods" . | fromYaml).maxUnavailable }}
  # A pod that is not ready holds up no drain.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "showrunner.selector" . | nindent 6 }}
{{- end -}}

{{/*
True for a Deployment whose number of pods no revision of the release has said: a rollback from one that says it to one that does
not would make it one. An installer that only renders sees no Deployment, and leaves it to the autoscaler from the first on too.
Takes: root, component, values.
*/}}
{{- define "showrunner.scaledFromFirst" -}}
{{- if .values.autoscaling.enabled -}}
{{- $name := printf "%s-%s" (include "showrunner.fullname" .root) .component -}}
{{- $live := lookup "apps/v1" "Deployment" .root.Release.Namespace $name -}}
{{- if or (not $live) (eq (dig "metadata" "annotations" "showrunner.dev/replicas" "" $live) "autoscaler") -}}
true
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Metadata of a Deployment that may be scaled. Takes: root, component, values. */}}
{{- define "showrunner.scaledMetadata" -}}
{{ include "showrunner.metadata" . }}
{{- if include "showrunner.scaledFromFirst" . }}
annotations:
  showrunner.dev/replicas: autoscaler
{{- end -}}
{{- end -}}

{{/*
The number of pods of a Deployment. Where scaling was switched on later, the one that it has: without a number Kubernetes would
make it one until the autoscaler sees to it. Takes: root, component, values.
*/}}
{{- define "showrunner.replicas" -}}
{{- if not .values.autoscaling.enabled -}}
replicas: {{ .values.replicas }}
{{- else if not (include "showrunner.scaledFromFirst" .) -}}
{{- $name := printf "%s-%s" (include "showrunner.fullname" .root) .component -}}
replicas: {{ dig "spec" "replicas" .values.autoscaling.minReplicas (lookup "apps/v1" "Deployment" .root.Release.Namespace $name) }}
{{- end -}}
{{- end -}}

{{- define "showrunner.horizontalPodAutoscaler" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "showrunner.metadata" . | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "showrunner.fullname" .root }}-{{ .component }}
  minReplicas: {{ .values.autoscaling.minReplicas }}
  maxReplicas: {{ .values.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .values.autoscaling.targetCPUPercent }}
{{- end -}}

{{/* An HTTP Service. */}}
{{- define "showrunner.httpService" -}}
{{- $service := .values.service -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "showrunner.metadata" . | nindent 2 }}
  {{- with $service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $service.type }}
  selector:
    {{- include "showrunner.selector" . | nindent 4 }}
  ports:
    - name: http
      port: {{ $service.port }}
      targetPort: http
      appProtocol: http
      {{- if and $service.nodePort (ne $service.type "ClusterIP") }}
      nodePort: {{ $service.nodePort }}
      {{- end }}
{{- end -}}

{{/* A ClusterRole and its binding, or with watchNamespaces a Role and its binding in each. Takes also: rules (YAML). */}}
{{- define "showrunner.rbac" -}}
{{- $account := printf "%s-%s" (include "showrunner.fullname" .root) .component -}}
{{- $labels := include "showrunner.labels" . -}}
{{- $scopes := .root.Values.watchNamespaces | default (list "") -}}
{{- range $namespace := $scopes }}
{{- $prefix := ternary "" "Cluster" (ne $namespace "") }}
{{- $role := ternary $account (include "showrunner.clusterWideName" $) (ne $namespace "") }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $prefix }}Role
metadata:
  name: {{ $role }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- $labels | nindent 4 }}
rules:
  {{- $.rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $prefix }}RoleBinding
metadata:
  name: {{ $role }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- $labels | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $prefix }}Role
  name: {{ $role }}
subjects:
  - kind: ServiceAccount
    name: {{ $account }}
    namespace: {{ $.root.Release.Namespace }}
{{- end }}
{{- end -}}
