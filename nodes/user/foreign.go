package user

// Foreign is the name and the picture that somebody else says a person has, as far as a
// user can have them; "" for what cannot be shown. It is no fault of the person's.
func Foreign(name, picture string) (string, string) {
	name, err := displayName(name)
	if err != nil {
		name = ""
	}
	if picture, err = pictureURL(picture); err != nil {
		picture = ""
	}
	return name, picture
}
