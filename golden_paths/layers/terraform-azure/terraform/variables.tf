variable "environment" {
  description = "Which environment this is: it has a state, a subscription and resources of its own."
  type        = string

  validation {
    condition     = contains(["development", "preview", "production"], var.environment)
    error_message = "The environment is development, preview or production."
  }
}

variable "location" {
  description = "The Azure region."
  type        = string
  default     = "brazilsouth"
}
