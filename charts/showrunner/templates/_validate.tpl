{{/* Rules between values, which the schema cannot say. All that is broken is told at once. */}}
{{- define "showrunner.validate" -}}
{{- $problems := list -}}
{{- with .Values }}
{{- if and .ingress.enabled (not .ingress.host) }}
{{- $problems = append $problems "ingress.host must be set where ingress.enabled is true." }}
{{- end }}
{{- if and .gateway.enabled (not .gateway.host) }}
{{- $problems = append $problems "gateway.host must be set where gateway.enabled is true." }}
{{- end }}
{{- if and .gateway.enabled (not .gateway.parentRefs) }}
{{- $problems = append $problems "gateway.parentRefs must name a Gateway where gateway.enabled is true." }}
{{- end }}
{{- if and .ingress.enabled .gateway.enabled }}
{{- $problems = append $problems "ingress.enabled and gateway.enabled exclude each other: choose one way for HTTP." }}
{{- end }}
{{- if and .frontDoor.rtmps.enabled (not (include "showrunner.tlsSecret" $)) }}
{{- $problems = append $problems "frontDoor.rtmps.enabled wants a certificate: set tls.secretName or tls.certManager.enabled." }}
{{- end }}
{{- if and (hasPrefix "rtmps:" .publicUrls.rtmpUrl) (not .frontDoor.rtmps.enabled) (eq .frontDoor.service.type "LoadBalancer") (not .frontDoor.service.annotations) }}
{{- $problems = append $problems "publicUrls.rtmpUrl speaks RTMPS, which nothing offers: set frontDoor.rtmps.enabled, or the annotations with which the load balancer ends TLS." }}
{{- end }}
{{- range $name := list "httpUrl" "mediaUrl" }}
{{- $url := index $.Values.publicUrls $name }}
{{- if or (and (hasPrefix "http:" $url) (hasSuffix ":80" $url)) (and (hasPrefix "https:" $url) (hasSuffix ":443" $url)) }}
{{- $problems = append $problems (printf "publicUrls.%s is %s: leave out the port that is the scheme's own." $name $url) }}
{{- end }}
{{- end }}
{{- if and .tls.certManager.enabled (not .tls.certManager.issuer.name) }}
{{- $problems = append $problems "tls.certManager.issuer.name must be set where tls.certManager.enabled is true." }}
{{- end }}
{{- if and .tls.certManager.enabled (not (include "showrunner.dnsNames" $ | fromYamlArray)) }}
{{- $problems = append $problems "tls.certManager.dnsNames must be set where neither ingress.host nor publicUrls.rtmpUrl names a host." }}
{{- end }}
{{- if and .monitoring.enabled .networkPolicy.enabled (not .networkPolicy.metricsFrom) }}
{{- $problems = append $problems "networkPolicy.metricsFrom must name Prometheus' pods where monitoring.enabled and networkPolicy.enabled are true, such as [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]." }}
{{- end }}
{{- with dig "limits" "memory" "" .edge.resources | toString }}
{{- if regexMatch "^[0-9]+(Mi|Gi)$" . }}
{{- $limit := mul (trimSuffix "Mi" . | trimSuffix "Gi" | int) (ternary 1024 1 (hasSuffix "Gi" .)) }}
{{- $cache := int $.Values.edge.cacheMiB }}
{{- $connections := int $.Values.edge.maxConnections }}
{{- $needed := add (div (mul 3 $cache) 2) (div (mul 52 $connections) 1024) 300 }}
{{- if lt (int $limit) (int $needed) }}
{{- $problems = append $problems (printf "edge.resources.limits.memory is %s, but must be at least %dMi: edge.cacheMiB is %d and edge.maxConnections is %d." . $needed $cache $connections) }}
{{- end }}
{{- end }}
{{- end }}
{{- range $name := list "frontDoor" "edge" "web" }}
{{- with (index $.Values $name).autoscaling }}
{{- if and .enabled (lt (int .maxReplicas) (int .minReplicas)) }}
{{- $problems = append $problems (printf "%s.autoscaling.maxReplicas is %d, but must be at least minReplicas, which is %d." $name (int .maxReplicas) (int .minReplicas)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- with $problems }}
{{- fail (printf "\n\n%s\n" (join "\n" .)) }}
{{- end }}
{{- end -}}
