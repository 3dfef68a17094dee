"""Operations under way: how far they are, what people may do about them, what they must allow."""
