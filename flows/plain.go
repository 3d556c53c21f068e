package flows

// Plain is the value as plain Go data: nil, bool, int, float64, string, []any or
// map[string]any. Expressions are in it as the text that was written. The caller
// owns what it gets.
func (v *Value) Plain() any {
	if v == nil {
		return nil
	}
	switch v.Kind {
	case Bool:
		return v.Bool
	case Int:
		return int(v.Int)
	case Float:
		return v.Float
	case String:
		return v.Text
	case List:
		items := make([]any, len(v.Items))
		for i, item := range v.Items {
			items[i] = item.Plain()
		}
		return items
	case Map:
		fields := make(map[string]any, len(v.Fields))
		for _, f := range v.Fields {
			fields[f.Key.Text] = f.Value.Plain()
		}
		return fields
	}
	return nil
}
