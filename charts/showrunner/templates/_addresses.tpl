{{/* What streamers type into OBS. */}}
{{- define "showrunner.rtmpUrl" -}}
{{- if .Values.publicUrls.rtmpUrl -}}
{{ .Values.publicUrls.rtmpUrl }}
{{- else -}}
rtmp://{{ include "showrunner.serviceHost" (dict "root" . "component" "front-door") }}:{{ .Values.frontDoor.service.rtmpPort }}/live
{{- end -}}
{{- end -}}

{{/* The one host that serves pages and media, with its scheme; empty where the chart puts nothing before web and edge. */}}
{{- define "showrunner.sharedUrl" -}}
{{- if .Values.publicUrls.httpUrl -}}
{{ .Values.publicUrls.httpUrl }}
{{- else if .Values.ingress.enabled -}}
{{ ternary "https" "http" (include "showrunner.tlsSecret" . | empty | not) }}://{{ .Values.ingress.host }}
{{- else if .Values.gateway.enabled -}}
{{ ternary "https" "http" .Values.gateway.tls }}://{{ .Values.gateway.host }}
{{- end -}}
{{- end -}}

{{/* Where the pages and the API are. */}}
{{- define "showrunner.httpUrl" -}}
{{- with include "showrunner.sharedUrl" . -}}
{{ . }}
{{- else -}}
http://{{ include "showrunner.serviceHost" (dict "root" . "component" "web") }}{{ include "showrunner.portSuffix" .Values.web.service.port }}
{{- end -}}
{{- end -}}

{{/* Where /hls is. */}}
{{- define "showrunner.mediaUrl" -}}
{{- with .Values.publicUrls.mediaUrl | default (include "showrunner.sharedUrl" .) -}}
{{ . }}
{{- else -}}
http://{{ include "showrunner.serviceHost" (dict "root" . "component" "edge") }}{{ include "showrunner.portSuffix" .Values.edge.service.port }}
{{- end -}}
{{- end -}}

{{- define "showrunner.portSuffix" -}}
{{ if ne (int .) 80 }}:{{ . }}{{ end }}
{{- end -}}

{{/* Names that the certificate is for, a YAML list. */}}
{{- define "showrunner.dnsNames" -}}
{{- $names := .Values.tls.certManager.dnsNames -}}
{{- if not $names -}}
{{- $names = list .Values.ingress.host (urlParse .Values.publicUrls.rtmpUrl).hostname | compact | uniq -}}
{{- end -}}
{{ toYaml $names }}
{{- end -}}
