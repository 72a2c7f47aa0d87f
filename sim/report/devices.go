package report

import "strings"

const deviceSuffix = ".deviceclass.resource.k8s.io/devices"

// DevicesOf is the resource that the devices of a class are in report and tables: the name that
// a ResourceQuota has for them.
func DevicesOf(class string) string { return class + deviceSuffix }

// DeviceClass is the class whose devices a resource is; ok is false if it is something else.
func DeviceClass(resource string) (class string, ok bool) {
	return strings.CutSuffix(resource, deviceSuffix)
}
