using System.Text;
using Interp.Cli;

using var interrupt = new InterruptSignal();
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return InterpCommand.Run(args, Console.Out, Console.Error, cancellation: interrupt.Token);
