namespace VirtHandover.Qemu;

/// <summary>One option of a QEMU command line, exactly as it stands there.</summary>
/// <param name="Token">The option with its dashes, for example <c>-device</c>; or a bare word, which QEMU takes for a disk image.</param>
/// <param name="Argument">What follows it; null when the option takes none.</param>
internal sealed record CommandLineOption(string Token, string? Argument)
{
    /// <summary>The option without dashes; empty for a bare word.</summary>
    internal string Name => !Token.StartsWith('-') ? ""
        : Token.StartsWith("--", StringComparison.Ordinal) ? Token[2..]
        : Token[1..];

    /// <summary>The argument, taken apart; empty when there is none.</summary>
    /// <exception cref="CommandLineException">It is JSON and does not parse.</exception>
    internal OptionValue Value => OptionValue.Parse(Argument ?? "");

    /// <summary>The <c>id</c> (of <c>-blockdev</c>: the <c>node-name</c>); null when it has none.</summary>
    internal string? Id => Argument is null ? null : Value.Text(Name == "blockdev" ? "node-name" : "id");

    /// <summary>What kind of thing it makes: a device's driver, an object's type, a backend's type; null where the option makes nothing.</summary>
    internal string? Kind => Argument is null ? null : Name switch
    {
        "device" or "blockdev" or "audiodev" => Value.Implied("driver"),
        "object" => Value.Implied("qom-type"),
        "netdev" => Value.Implied("type"),
        "chardev" => Value.Implied("backend"),
        "tpmdev" or "fsdev" or "machine" or "accel" => Value.Implied("type"),
        _ => null,
    };

    /// <summary>The same option with another argument.</summary>
    internal CommandLineOption With(OptionValue value) => this with { Argument = value.Render() };
}
