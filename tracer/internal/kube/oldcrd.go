package kube

import (
	"bytes"
	"encoding/json"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsv1beta1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// definitionScheme knows the versions of CustomResourceDefinition.
var definitionScheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	install.Install(s)
	return s
}()

// modernDefinition brings a CustomResourceDefinition of v1beta1 into v1, by upstream's
// conversion. v1 asks for a schema of a strict form. Where the old definition kept unknown
// fields, as it did unless told otherwise, the new one takes whatever comes: what was only
// checked is not checked here.
func modernDefinition(object map[string]any) error {
	old := &apiextensionsv1beta1.CustomResourceDefinition{}
	text, err := json.Marshal(object) // schemas have types that know their JSON only
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(old); err != nil {
		return err
	}
	definitionScheme.Default(old)
	internal := &apiextensions.CustomResourceDefinition{}
	if err := definitionScheme.Convert(old, internal, nil); err != nil {
		return err
	}
	modern := &apiextensionsv1.CustomResourceDefinition{}
	if err := definitionScheme.Convert(internal, modern, nil); err != nil {
		return err
	}
	lax := modern.Spec.PreserveUnknownFields
	modern.Spec.PreserveUnknownFields = false
	for i := range modern.Spec.Versions {
		v := &modern.Spec.Versions[i]
		if yes := true; lax || v.Schema == nil || v.Schema.OpenAPIV3Schema == nil {
			anything := &apiextensionsv1.JSONSchemaProps{Type: "object", XPreserveUnknownFields: &yes}
			v.Schema = &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: anything}
		}
	}
	modern.Status = apiextensionsv1.CustomResourceDefinitionStatus{}
	if text, err = json.Marshal(modern); err != nil {
		return err
	}
	var result map[string]any
	if err := utiljson.Unmarshal(text, &result); err != nil {
		return err
	}
	delete(result, "status")
	dropNullTimes(result)
	clear(object)
	for key, value := range result {
		object[key] = value
	}
	object["apiVersion"], object["kind"] = "apiextensions.k8s.io/v1", "CustomResourceDefinition"
	return nil
}
