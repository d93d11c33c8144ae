namespace VirtHandover.Canary;

/// <summary>libvirt was asked to start the canary and has not answered: it may come yet, so no real VM may be touched.</summary>
/// <param name="message">What libvirt was asked, and for how long.</param>
/// <param name="inner">The failed call.</param>
internal sealed class CanaryStartException(string message, Exception inner) : Exception(message, inner);
