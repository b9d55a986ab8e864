{{/* Names. The suffixes of components fit into the 63 characters of a label. */}}
{{- define "showrunner.fullname" -}}
{{- if contains "showrunner" .Release.Name -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-showrunner" (.Release.Name | trunc 34 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{/* Name of an object without a namespace: of all releases alone, for others may have this one's name. Takes: root, component. */}}
{{- define "showrunner.clusterWideName" -}}
{{ include "showrunner.fullname" .root }}-{{ .component }}:{{ .root.Release.Namespace }}
{{- end -}}

{{/* A name inside the cluster that no search list is asked for. Takes: root, component. */}}
{{- define "showrunner.serviceHost" -}}
{{ include "showrunner.fullname" .root }}-{{ .component }}.{{ .root.Release.Namespace }}.svc.{{ .root.Values.clusterDomain }}
{{- end -}}

{{/* What tells the pods of a component from all others. Takes: root, component. */}}
{{- define "showrunner.selector" -}}
app.kubernetes.io/name: showrunner
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Labels of an object. Takes: root, component. */}}
{{- define "showrunner.labels" -}}
{{ include "showrunner.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* name, namespace and labels of an object that is its component's only one of its kind. Takes: root, component. */}}
{{- define "showrunner.metadata" -}}
name: {{ include "showrunner.fullname" .root }}-{{ .component }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "showrunner.labels" . | nindent 2 }}
{{- end -}}

{{/* Takes: root, image (a key of .Values.image). */}}
{{- define "showrunner.image" -}}
{{- $settings := .root.Values.image -}}
{{- $image := index $settings .image -}}
{{- $registry := required "image.registry must be set: the host and path that the four images were pushed to, such as registry.example.com/live." $settings.registry -}}
{{- $registry }}/{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $settings.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end -}}

{{/* Whether there is a certificate. */}}
{{- define "showrunner.tlsSecret" -}}
{{- if .Values.tls.secretName -}}
{{ .Values.tls.secretName }}
{{- else if .Values.tls.certManager.enabled -}}
{{ include "showrunner.fullname" . }}-tls
{{- end -}}
{{- end -}}

{{- define "showrunner.knockTokenSecret" -}}
{{ .Values.knockToken.existingSecret | default (printf "%s-knock-token" (include "showrunner.fullname" .)) }}
{{- end -}}
